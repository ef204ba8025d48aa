//! The manual: reasons for the defaults, and known attacks with the defences against them.
//!
//! This module has no code. The normative text is `spec/README.md` in the repository.
//!
//! # Why the defaults are what they are
//!
//! ## One nonce, many keys
//!
//! A ballot has one nonce `r` for all its slots, and every slot has its own key. Separate ciphertexts would need twice
//! as many elements. Reusing `r` with *one* key would reveal which slots are equal; with independent keys it reveals
//! nothing (Kurosawa, PKC 2002). The trustees pay for this once, with a ceremony for as many keys as there are slots.
//!
//! ## Several counts in one slot
//!
//! Decoding elements is the largest cost of verifying many ballots. The manifest limits the weight of the roll.
//! Therefore the totals of two options fit into one number whose discrete logarithm can still be found, and share a
//! ciphertext. Three or more share one only in small elections. In elections of few voters with large weights, none
//! share one: the logarithm takes the square root of the number of possible values, which soon costs more than shorter
//! ballots save. The rows keep every count below its bound, so that no count carries into the next.
//!
//! ## One argument for the whole ballot
//!
//! Every kind of contest compiles to bits and rows. One argument proves that every bit is 0 or 1 and that all rows are
//! satisfied. A new kind of contest needs only rows, which can be tested by brute force, and no new cryptography. The
//! size of a ballot depends on its style and never on the choices.
//!
//! ## Addition, no mixing
//!
//! Ballots are added under encryption, and only sums are decrypted. A single ballot is never decrypted, and no voter
//! can mark a ballot with a recognisable pattern. Voters cannot write texts.
//!
//! ## Trustees: two of three
//!
//! If the threshold equals the number of trustees, one lost key means a lost election. This has happened: in 2025 a
//! learned society had to repeat its election, because one of three trustees lost a key and all three were needed. The
//! verifier warns about such a threshold. Before the opening, every trustee proves that its backup decrypts, so that a
//! lost key is found while it costs little. A single trustee runs the same protocol and must be trusted with every
//! ballot.
//!
//! ## Minimum of counted ballots
//!
//! The manifest must set this minimum; there is no default. A result of few ballots reveals votes, and no
//! cryptography can prevent this. A weight that only one voter has reveals a vote, too. Trustees do not
//! decrypt below the limits. Whether a contest is unanimous is known only after decryption, and is reported.
//!
//! ## The closing rule
//!
//! Trustees decrypt only after enough of them have stated the same tally, or enough witnesses have cosigned the closing
//! checkpoint. Otherwise a server could show two trustees two boards that differ in one ballot, and compute the
//! difference of two honest results. With two of three trustees, the rule by statements needs all three. Use witnesses
//! if one trustee may be absent.
//!
//! ## Voting codes of 128 bits
//!
//! A code is typed once, but an attacker can guess it for ever: the roll is public and shows whether a guess is right.
//! So codes are as long as keys. Their checksum finds any two wrong letters, and they have no letters that look alike.
//!
//! ## The last ballot counts
//!
//! If the manifest allows several ballots of a voter, every ballot names the voter's ballot before it. A server cannot put an old ballot
//! after a new one, and everyone can see two ballots that name the same ballot.
//!
//! ## Randomness comes from the app
//!
//! Browsers, phones and servers get randomness from different places. So every function that needs randomness takes a
//! generator, and none finds one by itself; the [first page](crate#randomness) shows how an app brings it. A generator
//! may repeat itself, and two ballots from the same randomness reveal whether they contain the same choices. Therefore a
//! ballot's seed also depends on the voter's secret and on a counter, the nonces of proofs also depend on the statement
//! and the secret, and the messages of a trustee derive from its seed.
//!
//! ## Nothing is configurable that need not be
//!
//! There is one suite. Generators are hashed from its name. Limits are constants. A manifest with an unknown field is
//! refused. A value that cannot be configured cannot be configured badly, and an attacker cannot choose it.
//!
//! # Known attacks
//!
//! ## On proofs
//!
//! *Statements that are not hashed.* If the challenge does not depend on the whole statement, the prover can choose the
//! statement afterwards (Bernhard, Pereira, Warinschi, ASIACRYPT 2012). Trustees could then shift a total by a number
//! of their choice or make ballots undecryptable, and voters could prove a ciphertext that contains no vote. Several
//! systems were affected, some of them years later through keys or generators that were left out. Here a transcript
//! absorbs suite, domain, election, speaker, statement and every message, in this order (module `transcript`). Tests
//! replay transcripts by hand, change every input separately, and carry out these forgeries against verifiers that lack
//! one message.
//!
//! *Messages that are hashed too late.* In 2025 a proof of a blockchain's confidential transfers was broken, because no
//! challenge had absorbed one of its responses. Here the weights of the rows are drawn after `B` and `A`, the last
//! challenge after `E_R` and `E_C`, and the weights of a batch after every response.
//!
//! *Proofs in another place.* A proof for one election, voter, trustee or step is used for another. Every kind of proof
//! has its own domain, and fingerprint and speaker are absorbed.
//!
//! *Ambiguous hashing.* Two different lists have the same hash, or zero has the same hash as nothing. Every part is
//! hashed after its length.
//!
//! *Batches with weights that are known.* The errors of two proofs cancel. Weights depend on everything in the batch
//! and on fresh randomness, so that neither a failed random source nor a patient forger is enough for this attack.
//!
//! ## On elements and encodings
//!
//! *The identity.* It decodes like any other element. As a key it encrypts nothing, and as a commitment it fixes
//! nothing. Every key, commitment, announcement and factor is refused if it is the identity (module `encoding`).
//!
//! *Two encodings of one ballot.* They would have two trackers. Every value has one encoding, and all others are
//! refused.
//!
//! *Small subgroups.* ristretto255 has none. Ed25519, which is used only in notes, is verified strictly.
//!
//! ## On ballots
//!
//! *Copies.* A voter who casts a copy of another voter's ballot can learn from the result how it was cast (Cortier,
//! Smyth, Journal of Computer Security 2013). A ballot is bound to its credential and to its ciphertext, and the same
//! `R` does not count twice.
//!
//! *Clashes.* A dishonest device gives two voters one tracker, and casts another ballot with the credential of one of them
//! (Kuesters, Truderung, Vogt, S&P 2012). A tracker does not count twice, and the credential is part of the ballot; but only
//! somebody else than the device can tell a voter which credential that must be. The credential authority prints the
//! [voter number](crate::written::VoterNumber) beside the voting code, and nothing is said of a ballot or of its opening
//! without it.
//!
//! *Votes of two, votes of minus one.* The ballot has bits that are not 0 or 1, rows that are not satisfied, or digits
//! of a larger range. The argument refuses all of these. Tests have a forgery for each.
//!
//! *Devices that cheat.* A voter can open a ballot instead of casting it. A second device then encrypts the choices
//! again and compares every byte (Benaloh, EVT 2006). All randomness derives from one seed, so that a device can hide
//! information in it only by trying many seeds.
//!
//! *Lengths that reveal votes.* The lengths of messages have revealed votes over encrypted connections. All ballots of
//! one style have the same length.
//!
//! ## On the ceremony
//!
//! *Rogue keys.* The last trustee chooses its key so that it alone knows the secret of the sum. Dealers commit before
//! they see anything, and prove that they know their constant terms.
//!
//! *Polynomials of another degree.* With one commitment too many, the key is lost (found in several libraries in 2024).
//! The number of commitments must be exactly the threshold.
//!
//! *Bad indices.* A share at index zero is the secret. Trustee indices are the positions in the manifest, from 1.
//!
//! *Two messages for one step.* Both are signed, and together they convict the trustee.
//!
//! *A restart with another roster.* The same polynomial, evaluated for another roster, reveals enough shares to
//! decrypt. Everything that derives from the seed also derives from the roster.
//!
//! ## On tally and board
//!
//! *Sums that nobody checks.* The verifier computes the tally from the ballots and never uses a published one instead.
//!
//! *Decryption to order.* A server asks for the tally of one voter, and then of the next. No function decrypts anything
//! but the tally of a closed record, and a trustee makes only one closing statement.
//!
//! *Two boards.* Privacy and verifiability both fail if voters and trustees see different boards (Hirschi, Schmid,
//! Basin, CSF 2021). Checkpoints are signed and cosigned, and a fork is evidence against everyone who signed both
//! sides.
//!
//! *Leaves and nodes.* An inner node of the tree is presented as an entry. Leaves and nodes are hashed differently, and
//! the length of a proof follows from sizes and index.
//!
//! *Logarithms without end.* The search for the content of an invalid slot never ends. The search has a bound, which
//! follows from the rules and the roll.
//!
//! ## On readers
//!
//! *Forgiving parsers.* Of two fields with the same name, one program uses the first and another the last. The
//! manifest's reader forgives nothing ([`manifest`](crate::manifest)), and reports everything that is wrong.
//!
//! *Two manifests.* Voters see names in another order. The manifest's bytes are part of the fingerprint. They are also
//! part of the derivation from a voting code, so that the voter's credential is not on the roll of another manifest.
//!
//! *Text that reads as something else.* Characters that change the direction of the text, and titles that differ only
//! in case, are refused.
