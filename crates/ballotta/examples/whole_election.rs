//! A whole small election inside another program: two trustees, five voters, one question, and a record that anybody
//! can verify. `cargo run --example whole_election -p ballotta`

use std::cell::RefCell;
use std::error::Error;
use std::io;

use ballotta::admission::{Admission, AdmittedBallots};
use ballotta::ballot::{Choices, Mark};
use ballotta::board::board_signer;
use ballotta::board::entry::{Action, Entry, EntryKind, OrganiserEntry, Pointer};
use ballotta::board::note::NoteSigner;
use ballotta::board::tiles::{bundle_paths, encode_bundle};
use ballotta::contest::{Choose, ContestOption, Rule};
use ballotta::credential::{Credential, RollLine, RollReader, RollRules, RollSignature, VotingCode, VotingCodes};
use ballotta::election::ElectionContext;
use ballotta::hash::FileHash;
use ballotta::index::AuthorityIndex;
use ballotta::key_ceremony::{CeremonyParameters, CeremonyStep, FIRST_ATTEMPT, JointKey, TrusteeSeed};
use ballotta::manifest::{
    BallotStyle, Closing, Contest, ElectionKind, LogKey, Manifest, ManifestContents, OnDisqualification, Party,
    Privacy, Text, Ties, Trustees, Weights, Witnesses, parse_log_key,
};
use ballotta::merkle::{Frontier, leaf_hash};
use ballotta::rand_core::{Rng as _, UnwrapErr};
use ballotta::record::{self, FileList, MemoryRecord};
use ballotta::signing::KeyPair;
use ballotta::trustee::{StatementStore, TrusteeSession, new_state};
use ballotta::verifier::{VerifyOptions, verify};
use ballotta::voter::Election;
use getrandom::SysRng;

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

/// Where a trustee keeps its right to make one closing statement, and then the statement. A real store returns after the
/// document is safe on a disk.
struct Store(RefCell<Vec<u8>>);

impl StatementStore for &Store {
    type Error = io::Error;

    fn load(&self) -> io::Result<Option<Vec<u8>>> {
        Ok(Some(self.0.borrow().clone()))
    }

    fn replace(&mut self, document: &[u8]) -> io::Result<()> {
        self.0.replace(document.to_vec());
        Ok(())
    }
}

/// A text of the manifest, in English.
fn text(text: &str) -> Text {
    [("en", text.to_owned())].into_iter().collect()
}

fn main() -> Fallible<()> {
    let mut rng = UnwrapErr(SysRng);

    // Everybody makes a key; the manifest names them all.
    let organiser = KeyPair::random(&mut rng);
    let authority = KeyPair::random(&mut rng);
    let seeds = [TrusteeSeed::random(&mut rng), TrusteeSeed::random(&mut rng)];
    // A session consumes its copy of the seed.
    let seed = |trustee: usize| TrusteeSeed::from_bytes(seeds[trustee].expose_bytes());
    let (mut board_seed, mut election_id) = ([0; 32], [0; 32]);
    rng.fill_bytes(&mut board_seed);
    rng.fill_bytes(&mut election_id);
    let party = |name: &str, key: &KeyPair| Party { name: name.into(), key: *key.public() };
    let option = |id: &str, title| ContestOption {
        id: id.into(),
        title: text(title),
        description: None,
        attachments: Vec::new(),
    };
    let board_name = "board.example";
    let board_key = hex::encode(NoteSigner::from_seed(board_name, &board_seed)?.key().as_bytes());
    let contents = ManifestContents {
        election_id,
        kind: ElectionKind::Rehearsal,
        languages: vec!["en".into()],
        title: text("Colour of the door"),
        description: None,
        attachments: Vec::new(),
        schedule: None,
        contests: vec![Contest {
            id: "door".into(),
            title: text("Which colour?"),
            description: None,
            attachments: Vec::new(),
            rule: Rule::Choose(Choose { min: 1, max: 1, blank: true }),
            winners: None,
            passes: None,
            order: None,
            options: vec![option("red", "Red"), option("blue", "Blue")],
        }],
        styles: vec![BallotStyle { id: "all".into(), contests: vec!["door".into()] }],
        weights: Weights { unit: text("vote"), max: 1, total: 5 },
        ballots_per_credential: 16,
        ties: Ties::Open,
        quorum: None,
        privacy: Privacy { minimum_counted_ballots: 3, minimum_ballots_per_weight: 3 },
        closing: Closing::Statements,
        roll_changes: None,
        organiser: *organiser.public(),
        credential_authorities: vec![party("Office", &authority)],
        trustees: Trustees {
            threshold: 2,
            minimum_confirmed: 2,
            on_disqualification: OnDisqualification::NewAttempt,
            members: vec![party("Ada", &seeds[0].signing_key()), party("Bob", &seeds[1].signing_key())],
        },
        board: LogKey { name: board_name.into(), key: parse_log_key(&board_key)? },
        witnesses: Witnesses { quorum: 0, max_age: None, members: Vec::new() },
        client_software: Vec::new(),
    };
    let manifest = Manifest::parse(&contents.to_bytes()?)?;
    let signer = board_signer(&manifest, &board_seed)?;
    let mut board = Board { entries: Vec::new(), record: MemoryRecord::default(), signer };
    board.record.files.insert(record::MANIFEST.into(), manifest.bytes().to_vec());

    // The key ceremony: every trustee makes the message that is due, until no message is due.
    let parameters = CeremonyParameters::for_manifest(&manifest, FIRST_ATTEMPT)?;
    let stores = [0, 1].map(|trustee| Store(RefCell::new(new_state(seeds[trustee].signing_key().public()))));
    let session = |trustee: usize| TrusteeSession::new(seed(trustee), &stores[trustee]);
    let mut messages: Vec<Vec<u8>> = Vec::new();
    for trustee in [0, 1].repeat(4) {
        if let CeremonyStep::Due { message, .. } =
            session(trustee).ceremony_step(parameters.clone(), &messages, &mut rng)?
        {
            let path = record::ceremony_path(&FileHash::of(&message));
            board.add_file(EntryKind::Ceremony, trustee as u16 + 1, path, message.clone())?;
            messages.push(message);
        }
    }
    let joint_key = JointKey::verify(&parameters, &messages, &mut rng)?;

    // The roll: a voting code for every voter, and a public credential for everybody to see.
    let codes: Vec<VotingCodes> = (0..5).map(|_| VotingCode::generate(&mut rng).into()).collect();
    let derive = |codes: &VotingCodes| codes.derive(&manifest, joint_key.hash());
    let voters = codes.iter().map(derive).collect::<Result<Vec<_>, _>>()?;
    let line = |voter: &Credential| RollLine { number: 0, credential: *voter.public().as_bytes(), style: 0, weight: 1 };
    let rules = RollRules::for_manifest(&manifest);
    let roll: String = rules.write(voters.iter().map(line).collect()).map_err(|errors| errors[0])?.collect();
    let mut reader = RollReader::new(rules);
    reader.feed(roll.as_bytes(), &mut |_| ());
    let context = ElectionContext::new(manifest, &joint_key, reader.finish(&mut |_| ())?.hash())?;
    board.record.files.insert(record::ROLL.into(), roll.into_bytes());

    // The vote.
    let signature = RollSignature::sign(AuthorityIndex::FIRST, context.fingerprint(), &authority, &mut rng);
    board.add(EntryKind::RollSignature, &signature.encode())?;
    let open = OrganiserEntry::sign(Action::Open, context.fingerprint(), &organiser, &mut rng);
    board.add(EntryKind::Open, &open.encode())?;
    board.commit()?;
    let opened = Election::read(&board.record, &mut rng)?;
    let (source, ballots) = (board.record.clone(), AdmittedBallots::default());
    let resumed = Admission::resume(opened.context, opened.roll, source, opened.window, ballots, &mut rng)?;
    let mut admission = resumed.admission;
    // The fourth voter votes twice: the last ballot counts.
    for (code, colour) in [(0, "red"), (1, "blue"), (2, "red"), (3, "blue"), (4, "blue"), (3, "red")] {
        // The voter's app reads the election, and the ballot that the new one replaces.
        let election = Election::read(&board.record, &mut rng)?;
        let voter = election.voter(&board.record, &codes[code])?;
        let previous = voter.predecessor(&election, &board.record, &mut rng)?;
        let mut choices = Choices::new();
        choices.mark("door", Mark::Options(vec![colour.into()]));
        let counter = std::time::UNIX_EPOCH.elapsed()?.as_nanos() as u64;
        let prepared = voter.prepare(&election.context, choices, previous, counter, &mut rng)?;
        println!("tracker {}", prepared.tracker());
        let ballot = prepared.cast(&election.context, voter.credential().key_pair(), &mut rng).to_bytes();
        // The ballot box admits the ballot.
        let entry = admission.admit(&ballot, &board.entries, &mut rng)?;
        board.entries.push(entry);
        board.commit()?;
    }
    let close = OrganiserEntry::sign(Action::Close, context.fingerprint(), &organiser, &mut rng);
    board.add(EntryKind::Close, &close.encode())?;
    board.commit()?;

    // Trustees verify the closed record, sign what they are going to decrypt, and decrypt it.
    for trustee in 0..2 {
        let mut closing = session(trustee).verify_closed(&board.record, &|_| (), &mut rng)?;
        board.add(EntryKind::ClosingStatement, &closing.sign_closing(&mut rng)?.to_bytes())?;
    }
    board.commit()?;
    for trustee in 0..2 {
        let closing = session(trustee).verify_closed(&board.record, &|_| (), &mut rng)?;
        let part = closing.decrypt(&board.record, &mut rng)?;
        let path = record::decryption_path(&FileHash::of(&part.to_bytes()));
        board.add_file(EntryKind::PartialDecryption, part.trustee(), path, part.to_bytes())?;
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
    if report.holds() { Ok(()) } else { Err("the record is not valid".into()) }
}
