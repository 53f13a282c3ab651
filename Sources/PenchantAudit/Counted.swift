/// A number with the words that go with it: `1 row says`, `2 rows say`.
func counted(_ number: Int, _ one: String, _ many: String) -> String {
  "\(number) \(number == 1 ? one : many)"
}
