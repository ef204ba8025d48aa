//! A whole small election inside another program: two trustees, five voters, one question, and a record that anybody
//! can verify. `cargo run --example whole_election -p ballotta`

use std::error::Error;

use ballotta::ballot::{BallotSeed, Choices, Mark, PreparedBallot};
use ballotta::board::entry::{Action, Entry, EntryKind, OrganiserEntry, Pointer};
use ballotta::board::log::{Frontier, leaf_hash};
use ballotta::board::note::NoteSigner;
use ballotta::board::tiles::{bundle_paths, encode_bundle};
use ballotta::credential::{Credential, Entitlement, RollLine, RollReader, RollRules, RollSignature, VotingCode};
use ballotta::decryption::{ClosedTally, ClosingStatement, PartialDecryption};
use ballotta::election::ElectionContext;
use ballotta::group::SecretScalar;
use ballotta::hash::FileHash;
use ballotta::index::AuthorityIndex;
use ballotta::key_ceremony::{CeremonyParameters, FIRST_ATTEMPT, JointKey, Trustee, TrusteeSeed};
use ballotta::manifest::Manifest;
use ballotta::record::{self, FileList, MemoryRecord};
use ballotta::signing::KeyPair;
use ballotta::verifier::{Stage, VerifyOptions, verify};
use getrandom::SysRng;
use rand_core::{Rng as _, UnwrapErr};

type Fallible<T> = Result<T, Box<dyn Error>>;

/// The board: its entries, the files they become, and the key that signs the tree head.
struct Board {
    entries: Vec<Vec<u8>>,
    record: MemoryRecord,
    signer: NoteSigner,
}

impl Board {
    fn add(&mut self, kind: EntryKind, body: &[u8]) -> Fallible<()> {
        self.entries.push(Entry::new(kind, body)?.encode());
        Ok(())
    }

    /// An entry that points to a file of the record.
    fn add_file(&mut self, kind: EntryKind, author: u16, path: String, file: Vec<u8>) -> Fallible<()> {
        self.add(kind, &Pointer::to_file(author, &file)?.encode())?;
        self.record.files.insert(path, file);
        Ok(())
    }

    /// Writes the bundles of entries and the signed checkpoint.
    fn commit(&mut self) -> Fallible<()> {
        self.record.files.retain(|path, _| !path.starts_with("tile/"));
        for path in bundle_paths(self.entries.len() as u64) {
            let bundle = self.entries.iter().skip(path.first() as usize).take(path.width().into());
            self.record.files.insert(path.to_string(), encode_bundle(&bundle.collect::<Vec<_>>())?);
        }
        let head = self.entries.iter().map(|entry| leaf_hash(entry)).collect::<Frontier>().head();
        let checkpoint = self.signer.sign_checkpoint(&head).to_string();
        self.record.files.insert(record::CHECKPOINT.into(), checkpoint.into_bytes());
        Ok(())
    }
}

/// One step of all trustees: their next states, and what they publish.
fn step<S, T, M, E>(states: Vec<S>, step: impl FnMut(S) -> Result<(T, M), E>) -> Result<(Vec<T>, Vec<M>), E> {
    Ok(states.into_iter().map(step).collect::<Result<Vec<_>, E>>()?.into_iter().unzip())
}

fn main() -> Fallible<()> {
    let mut rng = UnwrapErr(SysRng);

    // Everybody makes a key; the manifest names them all.
    let organiser = KeyPair::new(SecretScalar::random(&mut rng));
    let authority = KeyPair::new(SecretScalar::random(&mut rng));
    let seeds = vec![TrusteeSeed::random(&mut rng), TrusteeSeed::random(&mut rng)];
    let signing: Vec<KeyPair> = seeds.iter().map(TrusteeSeed::signing_key).collect();
    let (mut board_seed, mut election_id) = ([0; 32], [0; 32]);
    rng.fill_bytes(&mut board_seed);
    rng.fill_bytes(&mut election_id);
    let signer = NoteSigner::from_seed("board.example/embed", &board_seed)?;
    let mut board = Board { entries: Vec::new(), record: MemoryRecord::default(), signer };
    let public = |key: &KeyPair| hex::encode(key.public().as_bytes());
    let manifest = serde_json::json!({
        "format": ballotta::manifest::FORMAT, "suite": ballotta::SUITE,
        "election_id": hex::encode(election_id), "kind": "rehearsal", "languages": ["en"],
        "title": { "en": "Colour of the door" },
        "contests": [{
            "id": "door", "title": { "en": "Which colour?" },
            "rule": { "kind": "choose", "min": 1, "max": 1, "blank": true },
            "options": [{ "id": "red", "title": { "en": "Red" } }, { "id": "blue", "title": { "en": "Blue" } }],
        }],
        "styles": [{ "id": "all", "contests": ["door"] }],
        "weights": { "unit": { "en": "vote" }, "max": 1, "total": 5 },
        "revoting": "last_counts",
        "privacy": { "minimum_counted_ballots": 3, "minimum_ballots_per_weight": 3 },
        "closing": "statements", "roll_changes_until": "open",
        "organiser": { "key": public(&organiser) },
        "credential_authorities": [{ "name": "Office", "key": public(&authority) }],
        "trustees": {
            "threshold": 2, "minimum_confirmed": 2, "on_disqualification": "new_attempt",
            "members": [{ "name": "Ada", "key": public(&signing[0]) }, { "name": "Bob", "key": public(&signing[1]) }],
        },
        "board": { "origin": board.signer.key().name(), "key": hex::encode(board.signer.key().as_bytes()) },
        "witnesses": { "quorum": 0, "members": [] },
    });
    let manifest = Manifest::parse(manifest.to_string().as_bytes())?;
    board.record.files.insert(record::MANIFEST.into(), manifest.bytes().to_vec());

    // The key ceremony: every trustee sees all messages of a step before it takes the next.
    let parameters = CeremonyParameters::for_manifest(&manifest, FIRST_ATTEMPT)?;
    let (states, registrations) = step(seeds, |seed| Trustee::register(parameters.clone(), seed))?;
    let (states, commitments) = step(states, |state| state.commit(&registrations, &mut rng))?;
    let (states, deals) = step(states, |state| state.deal(&commitments, &mut rng))?;
    let (shares, confirmations) = step(states, |state| state.confirm(&deals, &mut rng))?;
    let messages: Vec<Vec<u8>> = (registrations.iter().map(AsRef::<[u8]>::as_ref))
        .chain(commitments.iter().map(AsRef::as_ref))
        .chain(deals.iter().map(AsRef::as_ref))
        .chain(confirmations.iter().map(AsRef::as_ref))
        .map(<[u8]>::to_vec)
        .collect();
    let joint_key = JointKey::verify(&parameters, &messages, &mut rng)?;
    for (number, message) in messages.into_iter().enumerate() {
        let (author, path) = ((number % 2 + 1) as u16, record::ceremony_path(&FileHash::of(&message)));
        board.add_file(EntryKind::Ceremony, author, path, message)?;
    }

    // The roll: a voting code for every voter, and a public credential for everybody to see.
    let codes: Vec<VotingCode> = (0..5).map(|_| VotingCode::generate(&mut rng)).collect();
    let derive = |code| Credential::derive(code, manifest.hash(), joint_key.root());
    let voters = codes.iter().map(derive).collect::<Result<Vec<_>, _>>()?;
    let line = |voter: &Credential| RollLine { number: 0, credential: *voter.public().as_bytes(), style: 0, weight: 1 };
    let rules = RollRules::for_manifest(&manifest);
    let roll: String = rules.write(voters.iter().map(line).collect()).map_err(|errors| errors[0])?.collect();
    let mut reader = RollReader::new(rules);
    reader.feed(roll.as_bytes(), &mut |_| ());
    let context = ElectionContext::new(manifest, joint_key, reader.finish(&mut |_| ())?.hash())?;
    board.record.files.insert(record::ROLL.into(), roll.into_bytes());

    // The vote.
    let signature = RollSignature::sign(AuthorityIndex::FIRST, context.fingerprint(), &authority, &mut rng);
    board.add(EntryKind::RollSignature, &signature.encode())?;
    let open = OrganiserEntry::sign(Action::Open, context.fingerprint(), &organiser, &mut rng);
    board.add(EntryKind::Open, &open.encode())?;
    for (voter, colour) in voters.iter().zip(["red", "blue", "red", "red", "blue"]) {
        let mut choices = Choices::new();
        choices.mark("door", Mark::Options(vec![colour.into()]));
        let entitlement = Entitlement { style: 0, weight: 1 };
        let seed = BallotSeed::derive(voter.key_pair(), 0, &mut rng);
        let prepared = PreparedBallot::prepare(&context, voter.public(), entitlement, choices, None, seed)?;
        println!("tracker {}", prepared.tracker());
        board.add(EntryKind::Ballot, &prepared.cast(&context, voter.key_pair(), &mut rng).to_bytes())?;
    }
    let close = OrganiserEntry::sign(Action::Close, context.fingerprint(), &organiser, &mut rng);
    board.add(EntryKind::Close, &close.encode())?;
    board.commit()?;

    // Trustees verify the closed record, state what they are going to decrypt, and decrypt it.
    let closed = VerifyOptions { stage: Stage::Closed, ..VerifyOptions::default() };
    let verification = verify(&board.record, &closed, &|_| (), &mut rng);
    let tally = verification.tally.filter(|_| verification.report.valid).ok_or("the board is not valid")?;
    let mut statements = Vec::new();
    for (key, trustee) in signing.iter().zip(1..) {
        let statement = ClosingStatement::sign(&tally, trustee, key, &mut rng);
        board.add(EntryKind::ClosingStatement, &statement.to_bytes())?;
        statements.push(statement);
    }
    let closed = ClosedTally::check(context.manifest(), tally, &statements, None, &mut rng)?;
    for share in &shares {
        let part = PartialDecryption::decrypt(&context, &closed, share, &mut rng)?.to_bytes();
        let path = record::decryption_path(&FileHash::of(&part));
        board.add_file(EntryKind::PartialDecryption, share.index().get(), path, part)?;
    }
    board.commit()?;

    // The result is published, and anybody verifies everything.
    let result = verify(&board.record, &VerifyOptions::default(), &|_| (), &mut rng).report.result;
    let result = result.ok_or("there is no result")?.to_bytes()?;
    print!("{}", String::from_utf8_lossy(&result));
    let mut list = FileList::default();
    list.add(record::RESULT, &result);
    board.record.files.insert(record::RESULT.into(), result);
    board.add_file(EntryKind::Publication, 0, record::FILE_LIST.into(), list.to_string().into_bytes())?;
    board.commit()?;
    let report = verify(&board.record, &VerifyOptions::default(), &|_| (), &mut rng).report;
    println!("{report}");
    if report.valid { Ok(()) } else { Err("the record is not valid".into()) }
}
