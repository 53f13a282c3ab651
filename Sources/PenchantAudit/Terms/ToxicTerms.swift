/// Words of insult and threat, and apart from them words for groups of people.
///
/// A short English list of ours, for counting and for nothing else. The words stand here in the open: whoever asks why
/// a row was counted must be able to see it. Words that are harmless as often as not (prick, chink, dyke, loser) are
/// left out, since every mistake costs a reader's trust.
package enum ToxicTerms {
  /// Sorts of terms, counted each for itself.
  package enum Sort: Int, CaseIterable, Sendable {
    case insults, slurs, threats, identities

    var name: String {
      switch self {
      case .insults: "insults"
      case .slurs: "slurs"
      case .threats: "threats"
      case .identities: "terms for groups"
      }
    }
  }

  /// How many of each sort, indexed by ``Sort``; 255 stands for more.
  package static func counts(in text: [UInt8]) -> SIMD4<UInt8> {
    var counts = SIMD4<UInt8>.zero
    for match in lexicon.matches(in: text) where counts[match.entry.rawValue] < 255 {
      counts[match.entry.rawValue] += 1
    }
    return counts
  }

  private static let lexicon = Lexicon<Sort>(
    [(Sort.insults, insults), (.slurs, slurs), (.threats, threats), (.identities, identities)]
      .flatMap { sort, text in
        text.split(whereSeparator: { $0 == "," || $0 == "\n" })
          .map { $0.drop(while: { $0 == " " }) }.filter { !$0.isEmpty }
          .map { (String($0), sort) }
      })

  private static let insults = """
    idiot, idiots, moron, morons, imbecile, imbeciles, dumbass, dumbasses, jackass, jackasses, dipshit, fuckwit
    asshole, assholes, bastard, bastards, bitch, bitches, cunt, cunts, dickhead, dickheads, shithead, shitheads
    motherfucker, motherfuckers, scumbag, scumbags, douchebag, douchebags, slut, sluts, whore, whores, twat, twats
    wanker, wankers, piece of shit, pathetic loser, you're stupid, you are stupid, you're dumb, you are dumb
    you're pathetic, you are pathetic, you're worthless, you are worthless, you're disgusting, you are disgusting
    go to hell, fuck you, fuck off, screw you, shut up
    """

  private static let slurs = """
    nigger, niggers, nigga, niggas, faggot, faggots, kike, kikes, spic, spics, gook, gooks, wetback, wetbacks
    beaner, beaners, raghead, ragheads, towelhead, towelheads, tranny, trannies, shemale, shemales
    retard, retards, retarded, libtard, libtards
    """

  private static let threats = """
    i will kill you, i'll kill you, i'm going to kill you, i am going to kill you, i will hurt you, i'll hurt you
    i'm going to hurt you, i am going to hurt you, i will rape you, i'll rape you, kill yourself, hang yourself
    you should die, you deserve to die, deserves to die, i hope you die, should be killed, should be shot
    beat you up, slit your throat
    """

  private static let identities = """
    gay, gays, lesbian, lesbians, bisexual, bisexuals, transgender, trans people, trans woman, trans women, trans man
    trans men, queer, homosexual, homosexuals, heterosexual, heterosexuals
    muslim, muslims, islam, islamic, jew, jews, jewish, christian, christians, catholic, catholics, hindu, hindus
    buddhist, buddhists, sikh, sikhs, atheist, atheists, mormon, mormons
    black people, black person, black man, black men, black woman, black women, african american, african americans
    white people, white person, white man, white men, white woman, white women, asian, asians, asian american
    asian americans, latino, latinos, latina, latinas, hispanic, hispanics, native american, native americans
    indigenous, arab, arabs, mexican, mexicans, african, africans, chinese people, indian people
    immigrant, immigrants, refugee, refugees, disabled, deaf, blind people, autistic, elderly
    """
}
