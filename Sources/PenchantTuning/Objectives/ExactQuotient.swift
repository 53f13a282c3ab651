/// Σ values / denominator, to the last bit.
///
/// Equal losses have that loss as their mean, so that step 0 reads exactly ln 2 for any number of pairs. The sum
/// is Neumaier's ("Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", 1974); the quotient
/// is corrected by its remainder.
func exactQuotient(_ values: some Sequence<Double>, _ denominator: Double) -> Double {
  var (sum, lost) = (0.0, 0.0)
  for value in values {
    let next = sum + value
    lost += abs(sum) >= abs(value) ? (sum - next) + value : (value - next) + sum
    sum = next
  }
  let quotient = sum / denominator
  // Infinity and NaN have no remainder.
  guard quotient.isFinite else { return quotient }
  let remainder = sum.addingProduct(-quotient, denominator) + lost
  return quotient + remainder / denominator
}
