//! The manual: why the defaults are what they are, and what is done about attacks that are known.
//!
//! There is no code here. The normative text is `spec/README.md` in the repository.
//!
//! # Why the defaults are what they are
//!
//! ## One randomness, many keys
//!
//! A ballot has one nonce `r` for all its slots, and every slot has a key of its own. Separate ciphertexts would need
//! twice the elements. Reusing `r` under *one* key would show at once which slots are equal; under independent keys it
//! shows nothing (Kurosawa, PKC 2002). The price is paid by the trustees, once: a ceremony for as many keys as there
//! are slots.
//!
//! ## Several counts in one slot
//!
//! Decoding elements is most of what verifying many ballots takes. Since the manifest says how much the roll weighs at
//! most, totals of two options fit one number whose discrete logarithm is still found, and share a ciphertext. Three or more
//! share one only in small elections, and in elections of few heavy voters none does: the logarithm takes the square root of
//! all numbers that there are, which soon is more than the ballots save. The rows keep every count below its bound, so nothing carries.
//!
//! ## One argument for the whole ballot
//!
//! Every kind of contest compiles to bits and rows, and one argument says that the bits are bits and the rows hold. A
//! kind of contest is then a matter of rows, which can be tested by brute force, and not of new cryptography. The size
//! of a ballot depends on its style and never on the choices.
//!
//! ## Addition, no mixing
//!
//! Ballots are added up under encryption and only sums are decrypted. A single ballot is never opened, and no pattern
//! of marks can be used to sign it. There are no texts that voters write.
//!
//! ## Trustees: two of three
//!
//! A threshold that equals the number of trustees makes one lost key a lost election. It has happened: a learned
//! society had to repeat its election in 2025, since one of three trustees had lost a key and all three were needed.
//! The verifier warns about it. Before the opening every trustee proves that its backup decrypts, so that a lost key
//! shows while it costs little. One trustee of one runs the same protocol, and is trusted with every ballot.
//!
//! ## Minimum of counted ballots
//!
//! The manifest has no default for it and must name it. A result over few ballots, or a weight that one voter alone
//! has, gives votes away whatever the cryptography does. Trustees refuse below the limits; that a contest was
//! unanimous is known only after the decryption, and is reported.
//!
//! ## The closing rule
//!
//! Trustees decrypt only when enough of them stated the same tally, or enough witnesses cosigned the closing
//! checkpoint. Otherwise a server shows two trustees two boards that differ in one ballot, and takes the difference of
//! two honest results. With two of three trustees the rule by statements needs all three; name witnesses where one
//! trustee may be away.
//!
//! ## Voting codes of 128 bits
//!
//! A code is typed once and guessed for ever: the roll is public, and whoever guesses a code sees at once that it is
//! right. So the codes are as long as keys, with a checksum that finds any two wrong letters, and no letters that look
//! alike.
//!
//! ## The last ballot counts
//!
//! Where the manifest allows to vote again, every ballot names the one before. A server cannot let an old ballot
//! overtake a new one, and two ballots with one predecessor are seen by all.
//!
//! ## Nothing is configurable that need not be
//!
//! There is one suite. Generators are hashed from its name. Limits are constants. A manifest with a field that is not
//! known is refused. What cannot be chosen cannot be chosen badly, and cannot be chosen by an attacker.
//!
//! # Known attacks
//!
//! ## On proofs
//!
//! *Statements that are not hashed.* If the challenge does not depend on the whole statement, the prover chooses the
//! statement afterwards (Bernhard, Pereira, Warinschi, ASIACRYPT 2012). Trustees could so shift a total by a number of
//! their choice, or turn ballots into nonsense; voters could prove a ciphertext that holds no vote. Several systems
//! were affected, and years later again by keys or generators that were left out. Here a transcript absorbs suite,
//! domain, election, speaker, statement and every message, in this order ([`transcript`](crate::transcript)). Tests
//! replay transcripts by hand, change every input alone, and carry out these forgeries against verifiers that lack one
//! message.
//!
//! *Messages that are hashed too late.* In 2025 the confidential transfers of a blockchain lost a proof to one
//! response that no challenge had absorbed. The weights of the rows here are drawn after `B` and `A`, the last
//! challenge after `E_R` and `E_C`, and the weights of a batch after every response.
//!
//! *Proofs in another place.* A proof for one election, voter, trustee or step is offered for another. No two kinds
//! share a domain, and fingerprint and speaker are absorbed.
//!
//! *Ambiguous hashing.* Lists that hash alike, zero that hashes like nothing. Every part stands behind its length.
//!
//! *Batches with weights that are known.* Errors of two proofs cancel. Weights depend on all that is batched and on
//! fresh randomness, so that neither a dead random source nor a patient forger helps.
//!
//! ## On elements and encodings
//!
//! *The identity.* It decodes like any other element. As a key it encrypts nothing, as a commitment it fixes nothing.
//! Whatever is a key, commitment, announcement or factor is refused if it is the identity
//! ([`encoding`](crate::encoding)).
//!
//! *Two encodings of one ballot.* Two trackers, two receipts. Every value has one encoding, and all others are
//! refused.
//!
//! *Small subgroups.* ristretto255 has none. Ed25519, which stands in notes only, is verified strictly.
//!
//! ## On ballots
//!
//! *Copies.* Whoever casts a copy of another's ballot learns from the result how it was cast (Cortier, Smyth, Journal
//! of Computer Security 2013). A ballot is bound to its credential and to its ciphertext, and the same `R` does not
//! count twice.
//!
//! *Clashes.* A dishonest device gives two voters one tracker (Kuesters, Truderung, Vogt, S&P 2012). The credential is
//! part of the ballot, and a tracker does not count twice.
//!
//! *Votes of two, votes of minus one.* Bits that are no bits, rows that do not hold, digits that reach too far:
//! refused by the argument, with a forgery for each.
//!
//! *Devices that cheat.* A voter can open a ballot instead of casting it; a second device encrypts the choices again
//! and compares every byte (Benaloh, EVT 2006). All randomness derives from one seed, so that nothing can be hidden in
//! it but by trying seeds.
//!
//! *Lengths that tell.* How long a message is has given away votes over encrypted connections. Ballots of one style
//! have one length.
//!
//! ## On the ceremony
//!
//! *Rogue keys.* The last trustee chooses its key so that the sum is its own. Dealers commit before they see anything,
//! and prove that they know their constant terms.
//!
//! *Polynomials of another degree.* One commitment too many, and the key is lost (found in several libraries in 2024).
//! The number of commitments is the threshold, no more and no fewer.
//!
//! *Bad indices.* A share at index zero is the secret. Indices are the trustees' places in the manifest.
//!
//! *Two messages for one step.* Both are signed, and together they convict.
//!
//! *A restart at other seats.* The same polynomial evaluated for another roster gives away enough shares. Whatever
//! derives from the seed derives from the roster as well.
//!
//! ## On tally and board
//!
//! *Sums that nobody adds up.* The verifier computes the tally from the ballots; nothing that is published takes its
//! place.
//!
//! *Decryption to order.* A server asks for the tally of one voter, and then of the next. There is no function that
//! decrypts something else than the tally of a closed record, and a trustee makes one statement ever.
//!
//! *Two boards.* Privacy and verifiability both fall if voters and trustees see different boards (Hirschi, Schmid,
//! Basin, CSF 2021). Checkpoints are signed and cosigned, and a fork is evidence against whoever signed it.
//!
//! *Leaves and nodes.* An inner node of the tree passes for an entry. The two are hashed apart, and the length of a
//! proof follows from sizes and index.
//!
//! *Logarithms without end.* A slot that holds nonsense is searched for ever. The search has a bound, from the rules
//! and the roll.
//!
//! ## On whoever reads
//!
//! *Forgiving parsers.* One program takes the first of two equal fields, the other the last. The manifest is read by a
//! reader that forgives nothing ([`manifest`](crate::manifest)), and reports everything that is wrong.
//!
//! *Two manifests.* Voters are shown names in another order. The manifest's bytes are part of the fingerprint, and of
//! what a voting code stands for: on the roll of another manifest the voter's credential does not stand.
//!
//! *Text that reads as something else.* Characters that turn the direction of the text, titles that differ in case
//! only: refused.
