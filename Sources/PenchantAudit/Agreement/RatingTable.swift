/// What several people said of the same items: a list of ratings for each item.
///
/// A rating is a place on a scale: categories in order, −2 … 2 for "left much better" … "right much better". Items
/// with fewer than two ratings say nothing about agreement and are left out of every figure.
package struct RatingTable: Sendable, Equatable {
  /// The ratings of each item with at least two of them.
  package let items: [[Int]]

  package init(_ items: [[Int]]) { self.items = items.filter { $0.count > 1 } }

  /// Ratings that take part.
  package var ratingCount: Int { items.reduce(0) { $0 + $1.count } }

  /// The values that occur, in order.
  var values: [Int] { Set(items.joined()).sorted() }
}
