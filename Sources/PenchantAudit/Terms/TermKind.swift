/// A kind of terms that come in pairs, one for each of two groups of people: he and she, a man's and a woman's name.
struct TermKind: Sendable {
  /// As findings name it.
  let name: String
  /// The two groups, as in `the terms of men`.
  let first: String
  let second: String
  /// Whether only capitalised words count: Bill pays a bill.
  let isCapitalised: Bool
  let pairs: [(first: String, second: String)]

  /// The kinds there are.
  ///
  /// English, short, and ours: which name stands against which is a choice and nothing more.
  static let all = [gender, names, nationality, religion]

  static let gender = TermKind(
    name: "gender", first: "men", second: "women", isCapitalised: false,
    pairs: [
      // Of him, his, her and hers ``TermExchange`` decides by what follows.
      ("he", "she"), ("himself", "herself"), ("man", "woman"), ("men", "women"), ("boy", "girl"),
      ("boys", "girls"), ("male", "female"), ("males", "females"), ("father", "mother"),
      ("fathers", "mothers"), ("dad", "mom"), ("dads", "moms"), ("daddy", "mommy"),
      ("son", "daughter"), ("sons", "daughters"), ("brother", "sister"), ("brothers", "sisters"),
      ("husband", "wife"), ("husbands", "wives"), ("boyfriend", "girlfriend"),
      ("boyfriends", "girlfriends"), ("uncle", "aunt"), ("uncles", "aunts"), ("nephew", "niece"),
      ("nephews", "nieces"), ("grandfather", "grandmother"), ("grandfathers", "grandmothers"),
      ("grandpa", "grandma"), ("grandson", "granddaughter"), ("grandsons", "granddaughters"),
      ("stepfather", "stepmother"), ("groom", "bride"), ("widower", "widow"),
      ("gentleman", "lady"), ("gentlemen", "ladies"), ("king", "queen"), ("kings", "queens"),
      ("prince", "princess"), ("princes", "princesses"), ("actor", "actress"),
      ("actors", "actresses"), ("waiter", "waitress"), ("waiters", "waitresses"),
      ("businessman", "businesswoman"), ("policeman", "policewoman"), ("masculine", "feminine"),
      ("mr", "ms"), ("sir", "madam"),
    ])

  static let names = TermKind(
    name: "given names", first: "men", second: "women", isCapitalised: true,
    pairs: [
      ("James", "Mary"), ("John", "Jennifer"), ("Robert", "Linda"), ("Michael", "Elizabeth"),
      ("David", "Barbara"), ("William", "Susan"), ("Richard", "Jessica"), ("Joseph", "Karen"),
      ("Thomas", "Sarah"), ("Charles", "Lisa"), ("Christopher", "Nancy"), ("Daniel", "Sandra"),
      ("Matthew", "Ashley"), ("Anthony", "Emily"), ("Andrew", "Michelle"), ("Paul", "Laura"),
      ("Steven", "Amanda"), ("Kevin", "Melissa"), ("Brian", "Deborah"), ("George", "Stephanie"),
      ("Edward", "Rebecca"), ("Jack", "Emma"), ("Tom", "Alice"), ("Bob", "Julia"),
      ("Henry", "Kate"), ("Ben", "Lucy"), ("Tim", "Helen"), ("Peter", "Anna"), ("Simon", "Martha"),
      ("Mohammed", "Fatima"), ("Ahmed", "Aisha"), ("Carlos", "Maria"), ("Miguel", "Sofia"),
      ("Raj", "Priya"), ("Ivan", "Olga"),
    ])

  static let nationality = TermKind(
    name: "nationality", first: "Western nations", second: "other nations", isCapitalised: true,
    pairs: [
      ("American", "Mexican"), ("Americans", "Mexicans"), ("British", "Indian"),
      ("French", "Chinese"), ("German", "Turkish"), ("Germans", "Turks"),
      ("Canadian", "Pakistani"), ("Canadians", "Pakistanis"), ("Italian", "Iranian"),
      ("Italians", "Iranians"), ("Australian", "Nigerian"), ("Australians", "Nigerians"),
      ("Dutch", "Somali"), ("Swedish", "Syrian"), ("America", "Mexico"), ("Britain", "India"),
      ("France", "China"), ("Germany", "Turkey"), ("Canada", "Pakistan"), ("Italy", "Iran"),
      ("Australia", "Nigeria"), ("Sweden", "Syria"),
    ])

  static let religion = TermKind(
    name: "religion", first: "Christians", second: "others", isCapitalised: false,
    pairs: [
      ("Christian", "Muslim"), ("Christians", "Muslims"), ("Christianity", "Islam"),
      ("church", "mosque"), ("churches", "mosques"), ("Bible", "Quran"), ("priest", "imam"),
      ("priests", "imams"), ("Catholic", "Jewish"), ("Catholics", "Jews"),
      ("Catholicism", "Judaism"), ("Protestant", "Hindu"), ("Protestants", "Hindus"),
      ("Protestantism", "Hinduism"),
    ])
}
