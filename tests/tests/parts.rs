//! The parts of credentials by several authorities: what one of them can forge alone, and which check stops it.
//!
//! A verifier without exactly one check accepts the forgery, and the real verifier refuses it and names it.

use std::cell::Cell;
use std::iter::zip;

use ballotta::SUITE;
use ballotta::board::entry::{Action, EntryKind};
use ballotta::credential::{
    Credential, CredentialError, Handle, PartList, PartListError, PartListLine, RollLine, RollProblem, RollSignature,
    RollSignatureError, VotingCodes, combine_part_lists, parts_file_bytes,
};
use ballotta::encoding::{DecodeError, Writer};
use ballotta::group::{Element, PublicElement, Scalar, SecretScalar};
use ballotta::hash::FileHash;
use ballotta::index::AuthorityIndex;
use ballotta::proofs::schnorr::KeyPair;
use ballotta::record::{self, MemoryRecord, PartsError, RecordSource, SourceError};
use ballotta::transcript::{Domain, ProofTranscript};
use ballotta::verifier::{CheckId, Effect, Place, Report, Role, Stage, Status, Verdict, VerifyOptions, verify};
use ballotta::weaken::{Check, Weaken};
use ballotta_tests::election::{Board, Election, ElectionOptions};
use ballotta_tests::rng::TestRng;
use sha2::{Digest as _, Sha256, Sha512};

const FIRST: AuthorityIndex = AuthorityIndex::FIRST;
const SECOND: AuthorityIndex = AuthorityIndex::new(2).unwrap();

fn options() -> ElectionOptions {
    ElectionOptions { authorities: 2, voters: vec![(0, 1); 3], ..ElectionOptions::default() }
}

fn election() -> Election {
    Election::build(options())
}

fn report_of(source: &dyn RecordSource) -> Report {
    let options = VerifyOptions { stage: Stage::Voting, ..VerifyOptions::default() };
    verify(source, &options, &|_| (), &mut TestRng(2)).report
}

/// What a verifier finds wrong with an open voting.
type Found = (CheckId, Place, Effect, Vec<Role>, String);

fn found(source: &dyn RecordSource) -> Vec<Found> {
    let failures = report_of(source).failures.into_iter();
    failures.map(|failure| (failure.check, failure.place, failure.effect, failure.who, failure.problem)).collect()
}

fn of_file(authority: AuthorityIndex, who: &[Role], error: PartsError) -> Found {
    let place = Place::File(record::parts_path(authority));
    (CheckId::Parts, place, Effect::Invalid, who.to_vec(), error.to_string())
}

/// A verifier without the check `off` accepts the record, and the real one finds exactly `real`. Boards are made under the
/// same rules as they are verified.
fn sabotage(off: Check, record: &dyn Fn() -> MemoryRecord, real: &[Found]) {
    let weak = Weaken::without(off);
    assert_eq!(found(&record()), [], "without {off:?} the forgery passes");
    drop(weak);
    assert_eq!(found(&record()), real, "with {off:?} it is refused");
    assert!(!report_of(&record()).holds(), "{off:?}");
}

/// The same with a record that the check does not change.
fn sabotage_one(off: Check, record: &MemoryRecord, real: &[Found]) {
    sabotage(off, &|| record.clone(), real);
}

#[test]
fn several_authorities_hold_an_election() {
    for authorities in [2, 3] {
        let election = Election::build(ElectionOptions { authorities, ..options() });
        let verification = election.run().expect_valid();
        let parts = verification.report.checks.iter().find(|check| check.check == CheckId::Parts).unwrap();
        assert_eq!((parts.status, parts.items), (Status::Passed, authorities.into()));
    }
}

#[test]
fn one_authority_publishes_no_parts() {
    let election = Election::build(ElectionOptions { authorities: 1, ..options() });
    let report = election.run().expect_valid().report;
    let parts = report.checks.iter().find(|check| check.check == CheckId::Parts).unwrap();
    assert_eq!((parts.status, parts.items), (Status::NotAsked, 0));
}

/// The credential of a voter is the sum of what its codes give, in any order; nothing else is one.
#[test]
fn a_voter_needs_one_code_of_each_authority() {
    let election = election();
    let (manifest, joint_key) = (election.context.manifest(), election.context.joint_key_hash());
    let derive = |codes: &str| {
        codes.parse::<VotingCodes>().unwrap().derive(manifest, joint_key).map(|credential| *credential.public())
    };
    let codes: Vec<&str> = election.codes[0].lines().collect();
    let other = election.codes[1].lines().next().unwrap();
    let own = *election.credentials[0].public();
    assert_eq!(derive(&codes.join("\n")), Ok(own));
    assert_eq!(derive(&[codes[1], codes[0]].join("\n")), Ok(own), "the order says nothing");
    assert_eq!(derive(codes[0]), Err(CredentialError::WrongNumberOfCodes { expected: 2, found: 1 }));
    let three = [codes[0], codes[1], other].join("\n");
    assert_eq!(derive(&three), Err(CredentialError::WrongNumberOfCodes { expected: 2, found: 3 }));
    assert_eq!(derive(&[codes[0], codes[0]].join("\n")), Err(CredentialError::RepeatedCode));
    let single = Election::build(ElectionOptions { authorities: 1, ..options() });
    let refused = election.codes[0].parse::<VotingCodes>().unwrap();
    let refused = refused.derive(single.context.manifest(), single.context.joint_key_hash()).err().unwrap();
    assert_eq!(refused.to_string(), "1 voting code, one from each credential authority, is needed, but 2 given");
}

/// The transcript of a file of parts, and the weights that come from it: written from the specification.
fn begin(election: &Election, authority: u16, parts: &[Element], absorbed: bool) -> (merlin::Transcript, Vec<Scalar>) {
    let mut transcript = Domain::CredentialParts.for_manifest(election.context.manifest().hash());
    transcript.absorb_u64(b"authority", authority.into());
    transcript.absorb_u64(b"lines", parts.len() as u64);
    if absorbed {
        let bytes: Vec<u8> = parts.iter().flat_map(Element::to_bytes).collect();
        transcript.absorb_bytes(b"parts", &Sha256::digest(bytes));
    }
    let mut seed = [0; 32];
    transcript.challenge_bytes(b"seed", &mut seed);
    let mut weights = Vec::new();
    for number in 0..parts.len().div_ceil(4) as u64 {
        let mut hash = Sha512::new();
        for part in [SUITE.as_bytes(), b"weights", &seed, &number.to_le_bytes()] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        weights.extend(digest.chunks(16).map(|weight| Scalar::from(u128::from_le_bytes(weight.try_into().unwrap()))));
    }
    weights.truncate(parts.len());
    (transcript, weights)
}

/// A file with these parts, and a proof for the secret that the forger knows.
fn file(authority: u16, parts: &[Element], mut transcript: merlin::Transcript, secret: Scalar) -> Vec<u8> {
    let mut writer = Writer::versioned();
    writer.u16(authority).u64(parts.len() as u64);
    parts.iter().for_each(|part| _ = writer.put(&part.to_bytes()));
    KeyPair::new(SecretScalar::new(secret)).prove(&mut transcript, &mut TestRng(6)).encode(&mut writer);
    writer.finish()
}

/// The transcript and the weights of the specification are those of the library.
#[test]
fn the_proof_is_that_of_the_specification() {
    let election = election();
    let parts = election.in_roll_order(election.parts[0].iter().collect());
    let elements: Vec<Element> = parts.iter().map(|part| *part.public().element()).collect();
    let (transcript, weights) = begin(&election, 1, &elements, true);
    let secret = zip(weights, parts).map(|(weight, part)| weight * *part.key_pair().secret().expose_scalar()).sum();
    let mut board = election.unopened_board();
    board.entries.truncate(election.ceremony.len());
    board.sign_roll_with(FIRST, file(1, &elements, transcript, secret));
    board.sign_roll(2);
    board.organise(Action::Open);
    assert_eq!(found(&board.record()), []);
}

/// An election whose second authority has chosen its parts: `choose` gives the parts of the second, for the parts of the first
/// in the order of the voters. The roll is their sum.
struct Rogue {
    election: Election,
    /// The voters in the order of the roll.
    order: Vec<usize>,
    /// The parts of the second authority, in the order of the roll.
    second: Vec<Element>,
}

impl Rogue {
    /// Tries until the voters are in the order of the roll, if they must be.
    fn new(in_order: bool, mut choose: impl FnMut(&Election, &[Element], u64) -> Vec<Element>) -> Self {
        let honest = election();
        let ours: Vec<Element> = honest.parts[0].iter().map(|part| *part.public().element()).collect();
        (0..)
            .find_map(|attempt| {
                let chosen = choose(&honest, &ours, attempt);
                let sums: Vec<[u8; 32]> =
                    zip(&ours, &chosen).map(|(part, other)| (*part + *other).to_bytes()).collect();
                let mut order: Vec<usize> = (0..sums.len()).collect();
                order.sort_unstable_by_key(|voter| sums[*voter]);
                if in_order && !order.is_sorted() {
                    return None;
                }
                let change = |lines: &mut Vec<RollLine>| {
                    zip(lines, &sums).for_each(|(line, sum)| line.credential = *sum);
                };
                let election = Election::build_with(options(), change, |_| ());
                let second = order.iter().map(|voter| chosen[*voter]).collect();
                Some(Self { election, order, second })
            })
            .unwrap()
    }

    /// The parts of the first authority, in the order of the roll.
    fn first(&self) -> Vec<u8> {
        let parts: Vec<&Credential> = self.order.iter().map(|voter| &self.election.parts[0][*voter]).collect();
        self.election.prove_parts(FIRST, &parts)
    }

    /// The open board, whose second authority publishes this file.
    fn record(&self, file: &dyn Fn(&Election, &[Element]) -> Vec<u8>) -> MemoryRecord {
        let mut board = self.election.unopened_board();
        board.entries.truncate(self.election.ceremony.len());
        board.sign_roll_with(FIRST, self.first());
        board.sign_roll_with(SECOND, file(&self.election, &self.second));
        board.organise(Action::Open);
        board.record()
    }
}

fn small(number: u64) -> Scalar {
    Scalar::from(number + 7)
}

const ANSWERS: [Role; 1] = [Role::Authority(2)];

/// `P_2 = Q - P_1`: the second authority alone knows the secret of the sum, and votes for the voter.
#[test]
fn an_authority_that_chooses_the_sum_cannot_prove_its_part() {
    let rogue = Rogue::new(false, |_, ours, attempt| {
        let known = |place| Element::mul_generator(&small(3 * attempt + place));
        vec![known(0) - ours[0], known(1), known(2)]
    });
    // The best that it has is a proof for what it does not know.
    let forged = |election: &Election, parts: &[Element]| {
        let (transcript, _) = begin(election, 2, parts, true);
        file(2, parts, transcript, small(1))
    };
    let real = [of_file(SECOND, &ANSWERS, PartsError::Proof)];
    sabotage(Check::PartsProof, &|| rogue.record(&forged), &real);
}

/// Without weights, what the second authority does not know cancels between two lines.
#[test]
fn parts_that_cancel_are_refused() {
    let known = Cell::new(Scalar::ZERO);
    let rogue = Rogue::new(false, |_, ours, attempt| {
        let [q, r, s] = [0, 1, 2].map(|place| small(3 * attempt + place));
        known.set(q + r + s);
        let theirs = ours[0];
        let [q, r, s] = [q, r, s].map(|secret| Element::mul_generator(&secret));
        vec![q - theirs, theirs + r, s]
    });
    let forged = |election: &Election, parts: &[Element]| {
        let (transcript, _) = begin(election, 2, parts, true);
        file(2, parts, transcript, known.get())
    };
    let real = [of_file(SECOND, &ANSWERS, PartsError::Proof)];
    sabotage(Check::PartWeights, &|| rogue.record(&forged), &real);
}

/// If the weights do not depend on the parts, the second authority chooses a part that cancels another under the weights.
#[test]
fn parts_that_are_chosen_after_the_weights_are_refused() {
    let known = Cell::new(Scalar::ZERO);
    let rogue = Rogue::new(true, |election, ours, attempt| {
        let [q, r, s] = [0, 1, 2].map(|place| small(3 * attempt + place));
        let (_, weights) = begin(election, 2, &[Element::identity(); 3], false);
        let ratio = weights[0] * weights[1].invert();
        known.set(weights[0] * q + weights[1] * r + weights[2] * s);
        let theirs = ours[0];
        let [q, r, s] = [q, r, s].map(|secret| Element::mul_generator(&secret));
        vec![q - theirs, &theirs * &ratio + r, s]
    });
    let forged = |election: &Election, parts: &[Element]| {
        let (transcript, _) = begin(election, 2, parts, false);
        file(2, parts, transcript, known.get())
    };
    let real = [of_file(SECOND, &ANSWERS, PartsError::Proof)];
    // The first authority proves its parts under the same rules.
    sabotage(Check::AbsorbParts, &|| rogue.record(&forged), &real);
}

/// The second authority publishes the parts of the first, with their proof, as its own: then it has made no codes, and the
/// first alone knows all credentials.
#[test]
fn copied_parts_are_refused_by_the_number_of_the_authority() {
    let rogue = Rogue::new(false, |_, ours, _| ours.to_vec());
    let copied = |_: &Election, _: &[Element]| rogue.first();
    assert_eq!(
        found(&rogue.record(&copied)),
        [of_file(SECOND, &ANSWERS, PartsError::OtherAuthority { found: 1 })],
        "the file names the authority that made it"
    );
    let renamed = |_: &Election, _: &[Element]| {
        let mut file = rogue.first();
        file[2..4].copy_from_slice(&2_u16.to_le_bytes());
        file
    };
    let real = [of_file(SECOND, &ANSWERS, PartsError::Proof)];
    sabotage(Check::AbsorbAuthority, &|| rogue.record(&renamed), &real);
}

/// Everybody knows the secret of the identity, which is zero: then the credential is the part of the other authority.
#[test]
fn the_identity_is_no_part() {
    let rogue = Rogue::new(false, |_, ours, _| vec![Element::identity(); ours.len()]);
    let line = 2;
    let forged = |election: &Election, parts: &[Element]| {
        let (transcript, _) = begin(election, 2, parts, true);
        file(2, parts, transcript, Scalar::ZERO)
    };
    let real = [of_file(SECOND, &ANSWERS, PartsError::Part { line })];
    sabotage(Check::RefuseIdentity, &|| rogue.record(&forged), &real);
}

/// Bytes that are no element, in the second line of the roll, which is its third.
#[test]
fn bytes_that_are_no_element_are_no_part() {
    let election = election();
    let mut parts = election.parts_file(2);
    parts[12 + 32..][..32].fill(0xff);
    let board = signed(&election, |board| _ = board.sign_roll_with(SECOND, parts));
    assert_eq!(found(&board.record()), [of_file(SECOND, &ANSWERS, PartsError::Part { line: 3 })]);
}

/// The roll has a voter whose credential is not the sum: only who wrote the roll knows its secret.
#[test]
fn a_credential_that_is_not_the_sum_of_its_parts_is_refused() {
    let known = *Credential::public(&election().credentials[0]).element() + Element::generator();
    let election = Election::build_with(options(), |lines| lines[0].credential = known.to_bytes(), |_| ());
    let credentials: Vec<[u8; 32]> = std::iter::once(known.to_bytes())
        .chain(election.credentials[1..].iter().map(|credential| *credential.public().as_bytes()))
        .collect();
    let mut order: Vec<usize> = (0..3).collect();
    order.sort_unstable_by_key(|voter| credentials[*voter]);
    let mut board = election.unopened_board();
    board.entries.truncate(election.ceremony.len());
    for authority in [FIRST, SECOND] {
        let parts = &election.parts[usize::from(authority.get()) - 1];
        let parts: Vec<&Credential> = order.iter().map(|voter| &parts[*voter]).collect();
        board.sign_roll_with(authority, election.prove_parts(authority, &parts));
    }
    board.organise(Action::Open);
    let line = order.iter().position(|voter| *voter == 0).unwrap() as u64 + 2;
    // Each authority signed the roll and its own parts: nobody can say whose part is wrong.
    let real = (CheckId::Parts, Place::RollLine(line), Effect::Invalid, vec![], PartsError::Sum.to_string());
    sabotage_one(Check::PartsSum, &board.record(), &[real]);
}

/// Sums of parts show that the credentials are elements of the group, and then nobody decodes them. Without such sums they are
/// decoded: the report says the same of the roll, whatever else is missing or wrong.
#[test]
fn credentials_that_no_sum_shows_are_decoded() {
    let no_element =
        (CheckId::Roll, Place::RollLine(4), Effect::Invalid, vec![], RollProblem::BadCredential.to_string());
    let election = Election::build_with(options(), |lines| lines[0].credential = [0xff; 32], |_| ());
    let other_sums = election.open_board().record();
    assert_eq!(found(&other_sums), std::slice::from_ref(&no_element));
    let mut without_parts = other_sums.clone();
    without_parts.files.remove(&record::parts_path(SECOND));
    assert_eq!(found(&without_parts), std::slice::from_ref(&no_element));
    let mut board = election.unopened_board();
    board.entries.truncate(election.ceremony.len());
    let unsigned = board.record();
    assert!(found(&unsigned).contains(&no_element));
    // Another line of the same roll breaks another rule.
    let mut two_faults = unsigned;
    let roll = two_faults.files.get_mut(record::ROLL).unwrap();
    let space = roll.iter().enumerate().filter(|(_, byte)| **byte == b' ').nth(1).unwrap().0;
    roll[space] = b'-';
    let faults = found(&two_faults);
    let malformed = RollProblem::Malformed.to_string();
    assert!(faults.contains(&(CheckId::Roll, Place::RollLine(2), Effect::Invalid, vec![], malformed)), "{faults:?}");
    assert!(faults.contains(&no_element), "{faults:?}");
}

/// The parts of a line can add up to the identity, which is an element, but no credential: anybody could sign for it.
#[test]
fn a_sum_that_is_the_identity_is_no_credential() {
    let weak = Weaken::without(Check::RefuseIdentity);
    let known = |election: &Election| {
        let first = *election.parts[0][0].key_pair().secret().expose_scalar();
        [-first, small(1), small(2)]
    };
    let rogue = Rogue::new(false, |honest, _, _| known(honest).map(|secret| Element::mul_generator(&secret)).to_vec());
    drop(weak);
    // The offices do this together: the second knows the part of the first.
    let forged = |election: &Election, parts: &[Element]| {
        let (transcript, weights) = begin(election, 2, parts, true);
        let secrets = known(election);
        let secret_of = |part: &Element| secrets.iter().find(|secret| Element::mul_generator(secret) == *part).unwrap();
        let secret = zip(weights, parts).map(|(weight, part)| weight * *secret_of(part)).sum();
        file(2, parts, transcript, secret)
    };
    let problem = RollProblem::IdentityCredential.to_string();
    let real = (CheckId::Roll, Place::RollLine(2), Effect::Invalid, vec![], problem);
    sabotage(Check::RefuseIdentity, &|| rogue.record(&forged), &[real]);
}

/// An unopened board on which the first authority has signed, and then `sign` signs.
fn signed<'a>(election: &'a Election, sign: impl FnOnce(&mut Board<'a>)) -> Board<'a> {
    let mut board = election.unopened_board();
    board.entries.truncate(election.ceremony.len());
    board.sign_roll(1);
    sign(&mut board);
    board.organise(Action::Open);
    board
}

/// Who knows a credential could split it anew, or prove the same parts again, and put the files into a copy of the record: no
/// authority answers for that.
#[test]
fn files_that_nobody_signed_accuse_nobody() {
    let election = election();
    let board = election.open_board();
    let mut record = board.record();
    let path = record::parts_path(FIRST);
    let signed = FileHash::of(&record.files[&path]);
    let parts = election.in_roll_order(election.parts[0].iter().collect());
    let elements: Vec<Element> = parts.iter().map(|part| *part.public().element()).collect();
    let (transcript, weights) = begin(&election, 1, &elements, true);
    let secret = zip(weights, parts).map(|(weight, part)| weight * *part.key_pair().secret().expose_scalar()).sum();
    let again = file(1, &elements, transcript, secret);
    let error = PartsError::OtherFile { found: FileHash::of(&again), signed };
    record.files.insert(path, again.clone());
    sabotage_one(Check::PointedFile, &record, &[of_file(FIRST, &[], error)]);

    // The board names that file in the entry of the authority.
    let forged = || {
        let mut board = election.open_board();
        board.files.insert(record::parts_path(FIRST), again.clone());
        board.entries[election.ceremony.len()][3 + 34..][..32].copy_from_slice(FileHash::of(&again).as_bytes());
        board.record()
    };
    let weak = Weaken::without(Check::SignedParts);
    assert_eq!(found(&forged()), [], "without the hash in the signature the board chooses the file");
    drop(weak);
    let unsigned = RollSignatureError::Signature { authority: 1 }.to_string();
    let missing = RollSignatureError::Missing { authority: 1 }.to_string();
    let entry = board.place(election.ceremony.len() as u64);
    assert_eq!(
        found(&forged()),
        [
            (CheckId::RollSignature, entry, Effect::None, vec![Role::Board], unsigned),
            (CheckId::RollSignature, Place::Record, Effect::Invalid, vec![Role::Board], missing),
        ]
    );
}

/// An authority that signs twice has named two files: the first one counts.
#[test]
fn the_first_signature_of_an_authority_counts() {
    let election = election();
    let parts = election.parts_file(2);
    let mut other = parts.clone();
    // Another file, whatever is wrong with it.
    *other.last_mut().unwrap() ^= 1;
    let mut board = election.unopened_board();
    board.sign_roll_with(SECOND, other.clone());
    board.organise(Action::Open);
    let error = PartsError::OtherFile { found: FileHash::of(&other), signed: FileHash::of(&parts) };
    assert_eq!(found(&board.record()), [of_file(SECOND, &[], error)]);
    board.files.insert(record::parts_path(SECOND), parts);
    assert_eq!(found(&board.record()), []);
}

/// Everything that a signed file may be instead of parts of this roll.
#[test]
fn files_of_another_form_are_refused() {
    let election = election();
    let whole = election.parts_file(2);
    let changed = |at: usize, byte: u8| {
        let mut file = whole.clone();
        file[at] = byte;
        file
    };
    let scalar = whole.len() - 1;
    let mut short = changed(4, 2);
    short.drain(12..44);
    for (file, error) in [
        (changed(1, 4), PartsError::Encoding(DecodeError::UnsupportedVersion { found: [1, 4] })),
        (changed(2, 1), PartsError::OtherAuthority { found: 1 }),
        (changed(4, 4), PartsError::OtherNumber { found: 4, voters: 3 }),
        (short, PartsError::OtherNumber { found: 2, voters: 3 }),
        (changed(scalar, 0xff), PartsError::Encoding(DecodeError::NonCanonicalScalar { field: "s" })),
        (whole[..11].to_vec(), PartsError::Encoding(DecodeError::Truncated { field: "lines" })),
        (whole[..whole.len() - 1].to_vec(), PartsError::Encoding(DecodeError::Truncated { field: "s" })),
        (Vec::new(), PartsError::Encoding(DecodeError::Truncated { field: "version" })),
        (changed(scalar, whole[scalar] ^ 1), PartsError::Proof),
    ] {
        let board = signed(&election, |board| _ = board.sign_roll_with(SECOND, file));
        assert_eq!(found(&board.record()), [of_file(SECOND, &ANSWERS, error)]);
    }
    let limit = parts_file_bytes(3);
    let long = [&whole[..], &[0]].concat();
    let board = signed(&election, |board| _ = board.sign_roll_with(SECOND, long));
    let error = record::ReadError::TooLong { length: limit + 1, limit };
    assert_eq!(found(&board.record()), [of_file(SECOND, &[], error.into())]);
}

/// A file that is not there is awaited from the board, which has signed the entry that names it.
#[test]
fn a_missing_file_is_awaited_from_the_board() {
    let election = election();
    for opened in [false, true] {
        let mut board = election.unopened_board();
        if opened {
            board.organise(Action::Open);
        }
        board.files.remove(&record::parts_path(SECOND)).unwrap();
        let report = report_of(&board.record());
        let failure = report.failures_of(CheckId::Parts).next().unwrap();
        assert_eq!(failure.place, Place::File("parts/2".into()));
        assert_eq!((failure.effect, &failure.who[..]), (Effect::Missing, &[Role::Board][..]));
        assert_eq!(report.verdict, Some(Verdict::NotComplete));
    }
}

/// With several authorities, a signature without parts is none; with one authority, one with parts is none.
#[test]
fn a_signature_names_parts_if_there_are_several_authorities() {
    let rng = &mut TestRng(4);
    for (authorities, expected) in [(2, true), (1, false)] {
        let election = Election::build(ElectionOptions { authorities, ..options() });
        let (manifest, fingerprint) = (election.context.manifest(), election.context.fingerprint());
        let hash = FileHash::of(b"parts");
        let key = &election.authorities[0];
        let alone = RollSignature::sign(FIRST, fingerprint, key, rng);
        let with_parts = RollSignature::sign_with_parts(FIRST, fingerprint, &hash, key, rng);
        let refused = Err(RollSignatureError::Parts { authority: 1, expected });
        let [right, wrong] = if expected { [&with_parts, &alone] } else { [&alone, &with_parts] };
        assert_eq!(right.verify(manifest, fingerprint, rng), Ok(()));
        assert_eq!(wrong.verify(manifest, fingerprint, rng), refused);
        for signature in [alone, with_parts] {
            assert_eq!(RollSignature::decode(&signature.encode()), Ok(signature));
        }
    }
}

/// A source that gives other bytes from the second reading on.
struct Changing {
    record: MemoryRecord,
    path: &'static str,
    reads: std::sync::atomic::AtomicUsize,
    from: usize,
}

impl RecordSource for Changing {
    fn length(&self, path: &str) -> Result<Option<u64>, SourceError> {
        self.record.length(path)
    }

    fn read_exact_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        self.record.read_exact_at(path, offset, buffer)?;
        if path == self.path && self.reads.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= self.from {
            // The last byte of the parts, or of the last line of the roll.
            let at = buffer.len() - 2;
            buffer[at] ^= 1;
        }
        Ok(())
    }

    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        self.record.list()
    }
}

/// Whoever changes a file between the two readings gets no verdict.
#[test]
fn files_that_change_while_they_are_read_give_no_verdict() {
    let election = election();
    for path in ["parts/1", "roll"] {
        let record = election.open_board().record();
        let source = Changing { record, path, reads: 0.into(), from: 1 };
        let report = report_of(&source);
        assert_eq!(report.verdict, None, "{path}: {report}");
        let last = report.failures_of(CheckId::Parts).last().unwrap();
        assert_eq!((&last.place, last.effect), (&Place::File(path.into()), Effect::Unreadable));
        assert_eq!(last.problem, PartsError::Changed.to_string());
    }
}

/// The parts of a voter belong to the whole: the sum of the secrets signs its ballots.
#[test]
fn the_sum_of_the_parts_is_on_the_roll() {
    let election = election();
    for (voter, whole) in election.credentials.iter().enumerate() {
        let parts: Vec<PublicElement> = election.parts.iter().map(|parts| *parts[voter].public()).collect();
        assert_eq!(ballotta::credential::combine_public(&parts), Ok(*whole.public()));
    }
    let entries = election.open_board().entries;
    let signatures = entries.iter().filter(|entry| entry[2] == EntryKind::RollSignature as u8);
    assert_eq!(signatures.map(Vec::len).collect::<Vec<_>>(), [3 + 130, 3 + 130]);
}

/// The part lists of both authorities, as their offices give them to each other.
fn part_lists(election: &Election) -> Vec<PartList> {
    let rng = &mut TestRng(11);
    let handles: Vec<Handle> = election.credentials.iter().map(|_| Handle::random(rng)).collect();
    let list = |(authority, parts): (AuthorityIndex, &Vec<Credential>)| {
        let line = |(handle, part): (&Handle, &Credential)| PartListLine {
            handle: *handle,
            part: *part.public().as_bytes(),
            style: 0,
            weight: 1,
        };
        PartList::new(authority, zip(&handles, parts).map(line).collect())
    };
    AuthorityIndex::enumerate(&election.parts).map(list).collect()
}

/// A list with other lines.
fn changed(list: &PartList, change: impl FnOnce(&mut Vec<PartListLine>)) -> PartList {
    let mut lines = list.lines().to_vec();
    change(&mut lines);
    PartList::new(list.authority(), lines)
}

#[test]
fn part_lists_add_up_to_the_roll() {
    let election = election();
    let manifest = election.context.manifest();
    let [first, second] = part_lists(&election).try_into().unwrap();
    let combine = |lists: &[&PartList]| {
        combine_part_lists(manifest, &lists.iter().map(|list| (*list).clone()).collect::<Vec<_>>())
    };
    let mut sums: Vec<[u8; 32]> = combine(&[&second, &first]).unwrap().iter().map(|voter| voter.credential).collect();
    sums.sort_unstable();
    let mut credentials: Vec<[u8; 32]> = election.credentials.iter().map(|it| *it.public().as_bytes()).collect();
    credentials.sort_unstable();
    assert_eq!(sums, credentials);

    let absent = |authority| Err(PartListError::Authorities { authority });
    assert_eq!(combine(&[&first]), absent(SECOND));
    assert_eq!(combine(&[&second]), absent(FIRST));
    assert_eq!(combine(&[&first, &second, &second]), absent(SECOND));
    let handles: Vec<Handle> = first.lines().iter().map(|line| line.handle).collect();
    let other = |handle| Err(PartListError::OtherVoter { first: FIRST, other: SECOND, handle });
    assert_eq!(combine(&[&first, &changed(&second, |lines| _ = lines.pop())]), other(handles[2]));
    assert_eq!(combine(&[&first, &changed(&second, |lines| _ = lines.remove(0))]), other(handles[0]));
    assert_eq!(combine(&[&first, &changed(&second, |lines| lines[1].weight = 2)]), other(handles[1]));
    assert_eq!(combine(&[&first, &changed(&second, |lines| lines[1].style = 1)]), other(handles[1]));
    let repeated = changed(&second, |lines| lines[2].part = lines[0].part);
    let error = PartListError::RepeatedPart { authority: SECOND, handle: handles[2] };
    assert_eq!(combine(&[&first, &repeated]), Err(error));
    for part in [[0; 32], [0xff; 32]] {
        let error = PartListError::Part { authority: SECOND, handle: handles[1] };
        assert_eq!(combine(&[&first, &changed(&second, |lines| lines[1].part = part)]), Err(error));
    }
}

/// Nobody between the offices exchanges a part.
#[test]
fn part_lists_are_signed() {
    let election = election();
    let (manifest, rng) = (election.context.manifest(), &mut TestRng(12));
    let list = part_lists(&election).remove(1);
    let text = list.sign(manifest, &election.authorities[1], rng).unwrap();
    let read = |text: &str| PartList::read(manifest, text, &mut TestRng(1));
    assert_eq!(read(&text), Ok(list.clone()));
    let unsigned = Err(PartListError::Signature { authority: SECOND });
    let lines: Vec<&str> = text.lines().collect();
    for changed in [
        text.replacen(" s0 1\n", " s0 2\n", 1),
        text.replacen(lines[2], lines[1], 1),
        text.replace(&format!("{}\n", lines[1]), ""),
        text.trim_end().to_owned(),
        format!("{}{}", &text[..text.len() - 129], text[text.len() - 129..].to_uppercase()),
        format!("{text}\n"),
        text.replacen('\n', "\r\n", 1).replacen("\r", "", 1) + " ",
        list.sign(manifest, &election.authorities[0], rng).unwrap(),
    ] {
        assert_eq!(read(&changed), unsigned, "{changed}");
    }
    // The list of one authority with the number of another.
    let first = format!("{} 1", lines[0].strip_suffix(" 2").unwrap());
    let error = Err(PartListError::Signature { authority: FIRST });
    assert_eq!(read(&text.replacen(lines[0], &first, 1)), error);
    let other = Election::build(ElectionOptions { seed: 9, ..options() });
    let foreign = list.sign(other.context.manifest(), &election.authorities[1], rng).unwrap();
    assert_eq!(read(&foreign), Err(PartListError::OtherManifest { found: *other.context.manifest().hash() }));
    for (number, error) in [
        ("3", PartListError::UnknownAuthority { authority: 3 }),
        ("0", PartListError::UnknownAuthority { authority: 0 }),
        ("02", PartListError::Header),
        ("+2", PartListError::Header),
        ("x", PartListError::Header),
    ] {
        let header = format!("{} {number}", lines[0].strip_suffix(" 2").unwrap());
        assert_eq!(read(&text.replacen(lines[0], &header, 1)), Err(error), "{number}");
    }
    assert_eq!(read(""), Err(PartListError::Header));
    assert_eq!(read("a letter\n"), Err(PartListError::Header));

    // Lines that an authority has signed and that break a rule.
    let of_lines = |change: &dyn Fn(&mut Vec<PartListLine>)| {
        let changed = changed(&list, change);
        read(&changed.sign(manifest, &election.authorities[1], &mut TestRng(13)).unwrap()).err()
    };
    assert_eq!(of_lines(&|lines| lines[0].weight = 2), Some(PartListError::Line { line: 2 }));
    assert_eq!(of_lines(&|lines| lines[1].weight = 0), Some(PartListError::Line { line: 3 }));
    assert_eq!(of_lines(&|lines| lines[2].handle = lines[1].handle), Some(PartListError::Line { line: 4 }));
    let no_style = changed(&list, |lines| lines[0].style = 1);
    assert_eq!(no_style.sign(manifest, &election.authorities[1], rng), None);
}
