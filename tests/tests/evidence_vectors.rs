//! `spec/vectors/receipts.json`, `evidence.json`, `light.json`, `light-changes.json` and `light-limits.json`: what a second implementation of
//! receipts, evidence and the light client must accept and refuse.
//!
//! After a change of the wire format, `BALLOTTA_WRITE_VECTORS=1 cargo test -p ballotta-tests --test evidence_vectors` writes
//! them anew.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use ballotta::ballot::SignedBallot;
use ballotta::board::entry::{Action, EntryKind};
use ballotta::board::note::NoteSigner;
use ballotta::board::receipt::SignedReceipt;
use ballotta::credential::{ChangeReason, VotingCode, VotingCodes};
use ballotta::evidence::{Claim, Convicted, Evidence};
use ballotta::hash::Tracker;
use ballotta::manifest::RollChanges;
use ballotta::merkle::{Frontier, TreeHead, leaf_hash};
use ballotta::record::MemoryRecord;
use ballotta::voter::light::{LightElection, LightStatus};
use ballotta::voter::{self, Freshness};
use ballotta::written::{VoterNumber, WrittenTracker};
use ballotta_tests::accuse::{Accusation, Accuser, Judgement, broken_rule};
use ballotta_tests::election::{Board, Choice, Election, ElectionOptions};
use ballotta_tests::light::{cosigned, light_record};
use ballotta_tests::rng::TestRng;
use serde_json::{Value, json};

/// More lines than a block of the roll has, so that proofs are not empty.
static ELECTION: LazyLock<Election> = LazyLock::new(|| {
    Election::build(ElectionOptions { voters: vec![(0, 1); 40], trustees: 2, ..ElectionOptions::default() })
});

/// A board on which three voters vote, one of them twice.
static OPEN: LazyLock<Board<'static>> = LazyLock::new(|| {
    let mut board = ELECTION.open_board();
    for voter in [0, 1, 2, 0] {
        board.vote(voter, &[Choice::Options(vec![0])]);
    }
    board
});

static CLOSED: LazyLock<Board<'static>> = LazyLock::new(|| {
    let mut board = OPEN.clone();
    board.organise(Action::Close);
    board
});

/// The same board with the statements of all trustees.
static STATED: LazyLock<Board<'static>> = LazyLock::new(|| {
    let mut board = CLOSED.clone();
    board.state();
    board
});

/// Compares vectors with the stored ones, or stores them. Each item of a list is on a line of its own.
fn check(name: &str, vectors: &Value) {
    let mut text = String::from("{\n");
    let fields = vectors.as_object().expect("an object");
    for (number, (field, value)) in fields.iter().enumerate() {
        let value = match value.as_array() {
            Some(items) => {
                let lines: Vec<String> = items.iter().map(|item| format!("  {item}")).collect();
                format!("[\n{}\n]", lines.join(",\n"))
            }
            None => value.to_string(),
        };
        let comma = if number + 1 < fields.len() { "," } else { "" };
        text.push_str(&format!("\"{field}\": {value}{comma}\n"));
    }
    text.push_str("}\n");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/vectors").join(name);
    if std::env::var_os("BALLOTTA_WRITE_VECTORS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap() == text, "{name} has changed: the wire format is another one");
}

/// One bit of the byte at this place is another one.
fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[at] ^= 1 << (at % 8);
    changed
}

/// What becomes of bytes if one bit of them is changed, for each byte: a letter for each.
fn after_changes(bytes: &[u8], letter: impl Fn(&[u8]) -> char) -> String {
    (0..bytes.len()).map(|at| letter(&flipped(bytes, at))).collect()
}

/// `u` for what is no receipt, `n` for one that the board did not sign, `b` for one of the board.
fn of_receipt(bytes: &[u8]) -> char {
    match SignedReceipt::parse(bytes).map(|receipt| receipt.verify(ELECTION.signer.key()).map(|_| ())) {
        Err(_) => 'u',
        Ok(Err(_)) => 'n',
        Ok(Ok(())) => 'b',
    }
}

#[test]
fn receipts() {
    let first = ELECTION.first_ballot();
    let accuser = Accuser::new(&CLOSED);
    let receipt =
        |name, text: &str| json!({ "name": name, "receipt": text, "is": of_receipt(text.as_bytes()).to_string() });
    let (one, again) = (accuser.receipt(first), accuser.receipt(first + 3));
    let text = one.unverified().to_string();
    let signed = |text: &str| ELECTION.signer.sign(text).unwrap().to_string();
    let line = |number: usize, to: &str| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines[number - 1] = to;
        signed(&format!("{}\n", lines.join("\n")))
    };
    let somebody = NoteSigner::from_seed(ELECTION.signer.key().name(), &[3; 32]).unwrap();
    let entry = &CLOSED.entries[first as usize];
    let (note, signature) = (one.to_string(), one.to_string().lines().last().unwrap().to_owned());
    let other_log = "other.example/0000000000000000";
    let upper = text.lines().nth(2).unwrap().to_uppercase();
    let receipts = vec![
        receipt("the receipt of a first ballot", &note),
        receipt("the receipt of a second ballot", &again.to_string()),
        receipt("the largest index", &line(4, "1073741823")),
        receipt("signed by somebody else", &somebody.sign_receipt(first, entry).unwrap().to_string()),
        receipt("of another log, signed with the key of the board", &line(2, other_log)),
        receipt("with another index than was signed", &note.replacen(&format!("\n{first}\n"), "\n99\n", 1)),
        receipt("of another draft", &line(1, "ballotta/v1-draft.4/receipt")),
        receipt("an origin with a space", &line(2, "board.example 0123456789abcdef")),
        receipt("no origin", &line(2, "")),
        receipt("a fingerprint in upper case", &line(3, &upper)),
        receipt("an index with a leading zero", &line(4, "07")),
        receipt("an index with a sign", &line(4, "+7")),
        receipt("an index that is too large", &line(4, "1073741824")),
        receipt("a hash of 31 bytes", &line(5, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==")),
        receipt("a hash in another form", &line(5, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=")),
        receipt("no tracker", &line(6, "-")),
        receipt("zeros as no predecessor", &line(7, &"00".repeat(32))),
        receipt("no line for the predecessor", &signed(&text[..text.len() - 2])),
        receipt("a line too many", &signed(&format!("{text}more\n"))),
        receipt("two signatures", &format!("{note}{signature}\n")),
        receipt("a checkpoint", &accuser.checkpoint(&CLOSED.entries).to_string()),
        receipt("no signature", &text),
        receipt("more than MAX_RECEIPT_BYTES", &note.repeat(2)),
    ];
    let (records, promises) = promises();
    let manifest = String::from_utf8(ELECTION.context.manifest().bytes().to_vec()).unwrap();
    let entries: Vec<Value> = [first, first + 3]
        .map(|index| json!({ "index": index, "entry": hex::encode(&CLOSED.entries[index as usize]) }))
        .into();
    check(
        "receipts.json",
        &json!({
            "manifest": manifest,
            "entries": entries,
            "receipts": receipts,
            "changes": after_changes(note.as_bytes(), of_receipt),
            "records": records,
            "promises": promises,
        }),
    );
}

/// Two records of a small election, and what voters are told who kept a receipt.
fn promises() -> (Vec<Value>, Vec<Value>) {
    let election = Election::build(ElectionOptions {
        voters: vec![(0, 1); 4],
        trustees: 1,
        threshold: 1,
        seed: 7,
        ..ElectionOptions::default()
    });
    let mut open = election.open_board();
    for voter in [0, 1, 0] {
        open.vote(voter, &[Choice::Options(vec![1])]);
    }
    let mut garbled = election.ballot(2, &[Choice::Options(vec![0])]).cast().to_bytes();
    let place = garbled.len() - 32;
    garbled[place] ^= 1;
    let first = election.first_ballot();
    let void = open.push_ballot(&garbled);
    let mut closed = open.clone();
    closed.organise(Action::Close);
    let boards = [("open", &open), ("closed", &closed)];
    let mut records: Vec<Value> =
        boards.iter().map(|(name, board)| json!({ "name": name, "files": files_in_hex(board) })).collect();

    let promise = |index: u64, of: u64| election.signer.sign_receipt(index, &open.entries[of as usize]).unwrap();
    let line = |receipt: &SignedReceipt, number: usize, to: &str| -> SignedReceipt {
        let text = receipt.unverified().to_string();
        let mut lines: Vec<&str> = text.lines().collect();
        lines[number - 1] = to;
        election.signer.sign(&format!("{}\n", lines.join("\n"))).unwrap().to_string().parse().unwrap()
    };
    let leaf = |index: u64| {
        let head = TreeHead { size: 1, root: leaf_hash(&open.entries[index as usize]) };
        let text = election.signer.sign_checkpoint(&head).unverified().to_string();
        text.lines().nth(2).unwrap().to_owned()
    };
    let somebody = NoteSigner::from_seed(election.signer.key().name(), &[3; 32]).unwrap();
    let (one, two) = (promise(first, first), promise(first + 1, first + 1));
    let opening = line(&line(&one, 4, &(first - 1).to_string()), 5, &leaf(first - 1));
    let late = promise(closed.entries.len() as u64 + 5, first);
    let mut promises = Vec::new();
    let mut add = |name: &str, receipt: &SignedReceipt, tracker: &Tracker, voter: usize| {
        for (record_name, board) in boards {
            let (record, rng) = (board.record(), &mut TestRng(1));
            let credential = election.credentials[voter].public();
            let number: VoterNumber = VoterNumber::written(credential).parse().unwrap();
            let written: WrittenTracker = tracker.written().parse().unwrap();
            let found = voter::Election::read(&record, rng).unwrap();
            let state = found.find_promised(&record, receipt, &written, &number, rng);
            promises.push(json!({
                "name": name,
                "record": record_name,
                "receipt": receipt.to_string(),
                "tracker": tracker.to_string(),
                "credential": hex::encode(credential.as_bytes()),
                "state": state.map_or("refused", |state| state.code()),
            }));
        }
    };
    let of = |receipt: &SignedReceipt| *receipt.unverified().tracker();
    for (name, receipt, voter) in [
        ("replaced by another ballot", &one, 0),
        ("the only ballot of its voter", &two, 1),
        ("the last ballot of its voter", &promise(first + 2, first + 2), 0),
        ("the ballot of another voter", &two, 0),
        ("a ballot that its credential did not sign", &promise(void, void), 2),
        ("another entry than promised", &promise(first + 1, first), 0),
        ("a position after the end", &late, 0),
        ("the opening as a ballot", &opening, 0),
        ("signed by somebody else", &somebody.sign_receipt(first, &open.entries[first as usize]).unwrap(), 0),
        ("of another election", &line(&one, 3, &"11".repeat(32)), 0),
    ] {
        add(name, receipt, &of(receipt), voter);
    }
    add("the tracker of another ballot", &one, &of(&two), 0);
    let (record, more) = promises_after_a_change();
    records.push(record);
    promises.extend(more);
    (records, promises)
}

fn files_in_hex(board: &Board<'_>) -> Value {
    let files = board.record().files.into_iter().map(|(path, bytes)| (path, json!(hex::encode(bytes))));
    files.collect::<serde_json::Map<_, _>>().into()
}

/// A record in which the code of voter 0 was replaced by that of voter 2, and what voters are told who have two letters, or one.
fn promises_after_a_change() -> (Value, Vec<Value>) {
    let election = Election::build(ElectionOptions {
        voters: vec![(0, 1); 2],
        late: vec![(0, 1); 2],
        trustees: 1,
        threshold: 1,
        seed: 8,
        roll_changes: Some(RollChanges { number: 2, weight: 2 }),
        ..ElectionOptions::default()
    });
    let mut board = election.open_board();
    let other = board.vote(1, &[Choice::Options(vec![1])]);
    board.change(ChangeReason::LostCode, Some(0), Some(2));
    let new = board.vote(2, &[Choice::Options(vec![0])]);
    // What a board has that did not refuse it.
    let old = board.push_ballot(&election.ballot(0, &[Choice::Options(vec![0])]).cast().to_bytes());
    // Without an effect, because the voter has voted.
    let refused = board.make_change(2, ChangeReason::LostCode, Some(1), Some(3));
    board.push(EntryKind::RollChange, &refused.encode());
    let (record, rng) = (board.record(), &mut TestRng(1));
    let found = voter::Election::read(&record, rng).unwrap();
    let mut promises = Vec::new();
    for (name, index, voter) in [
        ("the number of the older letter", new, 0),
        ("the number of the newer letter", old, 2),
        ("the older letter and the ballot of another voter", other, 0),
        ("the newer letter and the ballot of another voter", other, 2),
        ("a ballot with a code that was replaced", old, 0),
        ("the newer letter", new, 2),
        ("a voter whose code a change without an effect replaces", new, 1),
        ("the number that a change without an effect adds", other, 3),
        ("a voter without a change, and a new ballot", new, 3),
    ] {
        let receipt = election.signer.sign_receipt(index, &board.entries[index as usize]).unwrap();
        let (tracker, credential) = (*receipt.unverified().tracker(), election.credentials[voter].public());
        let number: VoterNumber = VoterNumber::written(credential).parse().unwrap();
        let written: WrittenTracker = tracker.written().parse().unwrap();
        let state = found.find_promised(&record, &receipt, &written, &number, rng);
        promises.push(json!({
            "name": name,
            "record": "changed",
            "receipt": receipt.to_string(),
            "tracker": tracker.to_string(),
            "credential": hex::encode(credential.as_bytes()),
            "state": state.map_or("refused", |state| state.code()),
        }));
    }
    (json!({ "name": "changed", "files": files_in_hex(&board) }), promises)
}

/// `u` for what is no evidence, `n` for evidence that convicts nobody, `b` for the board, `t` for a trustee.
fn of_evidence(bytes: &[u8]) -> char {
    match Evidence::decode(bytes).map(|evidence| evidence.verify(&mut TestRng(1))) {
        Err(_) => 'u',
        Ok(Err(_)) => 'n',
        Ok(Ok(conviction)) => match conviction.convicted {
            Convicted::Board => 'b',
            _ => 't',
        },
    }
}

#[test]
fn evidence() {
    let accuser = Accuser::new(&CLOSED);
    let manifest = ELECTION.context.manifest();
    // The manifest is in every piece of evidence, and once in the file.
    let before = 3 + 4 + manifest.bytes().len();
    let (mut all, mut changes, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
    let mut seen: Vec<&str> = Vec::new();
    for (number, accusation) in accuser.accusations().into_iter().enumerate() {
        let has_all_parts = has_all_parts(&accusation);
        let evidence = Evidence::new(manifest.clone(), accusation.claim);
        let bytes = evidence.to_bytes();
        let read = Evidence::decode(&bytes).unwrap();
        assert_eq!((read.claim(), read.to_bytes()), (evidence.claim(), bytes.clone()), "{}", accusation.name);
        let kind = evidence.claim().code();
        let name = format!("{kind}: {}", accusation.name);
        let mut vector = json!({ "name": name, "kind": kind, "after_manifest": hex::encode(&bytes[before..]) });
        let judgement = match read.verify(&mut TestRng(1)) {
            Ok(conviction) => {
                vector["convicts"] = json!(conviction.convicted.to_string());
                vector["proved"] = json!(conviction.proved);
                Judgement::Convicts(conviction.convicted)
            }
            Err(error) => {
                let rule = broken_rule(&read, &error);
                vector["breaks_rule"] = json!(rule);
                vector["reason"] = json!(error.to_string());
                Judgement::Breaks(rule)
            }
        };
        assert_eq!(judgement, accusation.judgement, "{name}: {vector}");
        assert!(!accusation.is_honest || matches!(judgement, Judgement::Breaks(_)), "{name}");
        all.push(vector);
        if matches!(judgement, Judgement::Convicts(_)) && has_all_parts && !seen.contains(&kind) {
            seen.push(kind);
            let letters = after_changes(&bytes[before..], |changed| of_evidence(&[&bytes[..before], changed].concat()));
            changes.push(json!({ "evidence": number, "letters": letters }));
            unreadable.extend(unreadable_forms(number, &bytes, before));
        }
    }
    assert_eq!(seen.len(), 9);
    check(
        "evidence.json",
        &json!({
            "manifest": String::from_utf8(manifest.bytes().to_vec()).unwrap(),
            "evidence": all,
            "unreadable": unreadable,
            "changes": changes,
        }),
    );
}

/// Whether the claim has all parts that its kind can have, and they are verified.
fn has_all_parts(accusation: &Accusation) -> bool {
    match &accusation.claim {
        Claim::WrongHead(_) => accusation.name == "the ballot of another voter",
        _ => true,
    }
}

/// Changes after which bytes are no evidence: so many bytes at a place are removed, and others are put there.
fn unreadable_forms(number: usize, bytes: &[u8], before: usize) -> Vec<Value> {
    let end = bytes.len();
    let forms: [(&str, usize, usize, &[u8]); 9] = [
        ("no bytes", 0, end, &[]),
        ("another draft", 1, 1, &[4]),
        ("no such kind", 2, 1, &[10]),
        ("kind 0", 2, 1, &[0]),
        ("a manifest with another length", 3, 4, &[0, 0, 0, 0]),
        ("a manifest that breaks a rule", 7, 1, b"["),
        ("a part that is too long", before, 4, &[255, 255, 255, 255]),
        ("a byte after the end", end, 0, &[0]),
        ("a byte too few", end - 1, 1, &[]),
    ];
    let mut found = Vec::new();
    for (name, at, remove, insert) in forms {
        let changed = [&bytes[..at], insert, &bytes[at + remove..]].concat();
        assert_eq!(of_evidence(&changed), 'u', "{name} of {number}");
        found.push(json!({
            "name": name, "evidence": number, "at": at, "remove": remove, "insert": hex::encode(insert),
        }));
    }
    found
}

/// What a client finds in a record, or where it stops.
struct Client<'a> {
    record: &'a MemoryRecord,
    seen: Option<TreeHead>,
    voter: VoterNumber,
    tracker: WrittenTracker,
}

impl Client<'_> {
    /// The election, the line of the voter with a code, the predecessor of the voter's next ballot if the voting is open, and
    /// the status of the ballot with the tracker.
    fn finds(&self, code: &VotingCodes) -> Value {
        let light = match LightElection::read(self.record, self.seen.as_ref(), &mut TestRng(1)) {
            Ok(light) => light,
            Err(error) => return json!({ "refuses": error.code() }),
        };
        let election = json!({
            "fingerprint": light.context.fingerprint().to_string(),
            "size": light.head().size,
            "voters": light.voters(),
            "opened": light.window.opened,
            "closed": light.window.closed,
        });
        let own = match light.voter(self.record, code, &mut TestRng(1)) {
            Ok(own) => own,
            Err(error) => return json!({ "election": election, "line": { "refuses": error.code() } }),
        };
        let mut found = json!({ "election": election, "line": own.line().voter() });
        match light.predecessor(self.record, &own, &mut TestRng(1)) {
            Ok(tracker) => found["predecessor"] = json!(tracker.map(|tracker| tracker.to_string())),
            Err(error) => found["predecessor"] = json!({ "refuses": error.code() }),
        }
        match light.find(self.record, &self.tracker, &self.voter, &mut TestRng(1)) {
            Ok(status) => found["status"] = status_of(&status),
            Err(error) => found["status"] = json!({ "refuses": error.code() }),
        }
        found
    }
}

fn status_of(status: &LightStatus) -> Value {
    let (confirmed, ballot, index) = match status {
        LightStatus::Counted { index } => (true, "own", Some(index)),
        LightStatus::AnotherCounts { index, .. } => (true, "other", Some(index)),
        LightStatus::NoneCounts => (true, "none", None),
        LightStatus::OnBoard { index } => (false, "own", Some(index)),
        LightStatus::AnotherIsLast { index, .. } => (false, "other", Some(index)),
        LightStatus::NotShown => (false, "none", None),
        LightStatus::Revoked { index } => (true, "revoked", Some(index)),
        LightStatus::RevocationOnBoard { index } => (false, "revoked", Some(index)),
        other => panic!("no word for {other:?}"),
    };
    json!({ "confirmed": confirmed, "ballot": ballot, "index": index })
}

/// The files that light clients read.
fn files_of(board: &Board<'_>) -> MemoryRecord {
    let mut record = light_record(board);
    record.files.retain(|path, _| is_of_light_clients(path));
    record
}

fn is_of_light_clients(path: &str) -> bool {
    ["manifest.json", "checkpoint", "roll"].contains(&path) || path.starts_with("light/") || path.starts_with("tile/")
}

#[test]
fn light() {
    let boards = [("open", &*OPEN), ("closed", &*CLOSED), ("stated", &*STATED)];
    let first = ELECTION.first_ballot() as usize;
    let mut records = Vec::new();
    let mut cases = Vec::new();
    for (record_name, board) in boards {
        let record = files_of(board);
        records.push(written_record(record_name, &record));
        let mut case_of = |name: &str, code: &str, ballot: usize, seen: Option<TreeHead>, changes: &[Change]| {
            let tracker = SignedBallot::tracker_of(&CLOSED.entries[ballot][3..]).unwrap();
            cases.push(case_in(&ELECTION, (record_name, &record), name, code, &tracker, seen, changes));
        };
        for seed in 0..4 {
            let stranger = VotingCode::generate(&mut TestRng(seed)).expose_text().to_string();
            case_of("a credential that is not on the roll", &stranger, first, None, &[]);
        }
        let mut case = |name: &str, voter: usize, ballot: usize, seen: Option<TreeHead>, changes: &[Change]| {
            case_of(name, &ELECTION.codes[voter], ballot, seen, changes);
        };
        case("a voter who voted twice", 0, first + 3, None, &[]);
        case("with the tracker of the first ballot", 0, first, None, &[]);
        case("a voter who voted once", 1, first + 1, None, &[]);
        case("a voter who did not vote", 5, first, None, &[]);
        let last_on_roll = (0..40).max_by_key(|voter| *ELECTION.credentials[*voter].public().as_bytes()).unwrap();
        case("the last voter of the roll", last_on_roll, first, None, &[]);
        let head = |entries: &[Vec<u8>]| entries.iter().map(|entry| leaf_hash(entry)).collect::<Frontier>().head();
        for size in [0, 1, 4, first] {
            case("a head that was seen before", 1, first + 1, Some(head(&board.entries[..size])), &[]);
        }
        case("the same head again", 1, first + 1, Some(board.head()), &[]);
        let other = TreeHead { root: head(&board.entries[..2]).root, ..head(&board.entries[..3]) };
        case("another history", 1, first + 1, Some(other), &[]);
        case("another board of the same size", 1, first + 1, Some(TreeHead { size: board.head().size, ..other }), &[]);
        case("a larger board", 1, first + 1, Some(TreeHead { size: board.head().size + 1, ..other }), &[]);
        let size = board.entries.len();
        let tile = format!("tile/0/000.p/{size}");
        let bundle = format!("tile/entries/000.p/{size}");
        let offset = |entry: usize| board.entries[..entry].iter().map(|entry| entry.len() + 2).sum::<usize>();
        let flip = |path: &str, at: usize| Change::Flip(path.into(), at, 1);
        for (name, change) in [
            ("another root of the ceremony", flip("light/election", 2)),
            ("another number of voters", flip("light/election", 34)),
            ("another roll", flip("light/election", 42)),
            ("a summary of another draft", flip("light/election", 1)),
            ("a checkpoint that is not signed", Change::Flip("checkpoint".into(), 45, 1)),
            ("a manifest that is not valid", flip("manifest.json", 0)),
            ("no summary", Change::Remove("light/election".into())),
            ("no lengths", Change::Remove("light/lengths".into())),
            ("wrong lengths", flip("light/lengths", 0)),
            ("no tiles of the board", Change::Remove(tile.clone())),
            ("a wrong hash of an entry", flip(&tile, 0)),
            ("a wrong hash of a ballot", flip(&tile, 32 * (first + 3))),
            ("another roll signature", flip(&bundle, offset(first - 2) + 2 + 40)),
            ("another opening", flip(&bundle, offset(first - 1) + 2 + 40)),
            ("another last ballot", flip(&bundle, offset(first + 3) + 2 + 111)),
            ("another weight on the roll", Change::Flip("roll".into(), 90 + 70, 3)),
            ("no places of blocks", Change::Remove("light/places".into())),
            ("no tiles of the roll", Change::Remove("light/roll/tile/0/000.p/2".into())),
            ("a wrong hash of a block of the roll", flip("light/roll/tile/0/000.p/2", 33)),
            ("wrong heads", flip("light/heads", 8 * ELECTION.line(0).voter() as usize + 1)),
            (
                "a head in a reserved state",
                Change::Flip("light/heads".into(), 8 * ELECTION.line(0).voter() as usize, 3),
            ),
            ("no heads", Change::Remove("light/heads".into())),
        ] {
            case(name, 0, first + 3, None, &[change]);
        }
        if record_name != "open" {
            case("no file about the closing", 0, first + 3, None, &[Change::Remove("light/close".into())]);
            case("another position of the closing", 0, first + 3, None, &[flip("light/close", 0)]);
            case("a closing after the end", 0, first + 3, None, &[flip("light/close", 5)]);
            case("no tiles of the heads", 0, first + 3, None, &[Change::Remove("light/voters/tile/0/000.p/1".into())]);
        }
        if record_name == "stated" {
            case(
                "a statement that its trustee did not sign",
                0,
                first + 3,
                None,
                &[flip(&bundle, offset(size - 1) + 2 + 145)],
            );
        }
    }
    let common = shared(&mut records);
    check("light.json", &json!({ "common": { "files": common }, "records": records, "cases": cases }));
}

fn written_record(name: &str, record: &MemoryRecord) -> Value {
    let files = record.files.iter().map(|(path, bytes)| (path.clone(), json!(hex::encode(bytes))));
    json!({ "name": name, "files": files.collect::<serde_json::Map<_, _>>() })
}

/// What the client of the voter with these codes finds in a record after changes.
fn case_in(
    election: &Election,
    (record_name, record): (&str, &MemoryRecord),
    name: &str,
    codes: &str,
    tracker: &Tracker,
    seen: Option<TreeHead>,
    changes: &[Change],
) -> Value {
    let mut changed = record.clone();
    changes.iter().for_each(|change| change.apply(&mut changed));
    let (context, codes) = (&election.context, codes.parse::<VotingCodes>().unwrap());
    let credential = codes.derive(context.manifest(), context.joint_key_hash()).unwrap();
    let number = VoterNumber::written(credential.public());
    let client =
        Client { record: &changed, seen, voter: number.parse().unwrap(), tracker: tracker.written().parse().unwrap() };
    json!({
        "name": name,
        "record": record_name,
        "changes": changes.iter().map(Change::value).collect::<Vec<_>>(),
        "seen": seen.map(|head| json!({ "size": head.size, "root": hex::encode(head.root.as_bytes()) })),
        "credential": hex::encode(credential.public().as_bytes()),
        "tracker": tracker.to_string(),
        "finds": client.finds(&codes),
    })
}

/// The light client where the roll changes while the voting is open, and credentials have parts of two authorities.
#[test]
fn light_with_changes_of_the_roll() {
    let election = Election::build(ElectionOptions {
        voters: vec![(0, 1); 34],
        late: vec![(0, 1); 3],
        authorities: 2,
        trustees: 2,
        threshold: 1,
        roll_changes: Some(RollChanges { number: 4, weight: 4 }),
        seed: 5,
        ..ElectionOptions::default()
    });
    let mut open = election.open_board();
    open.vote(0, &[Choice::Options(vec![0])]);
    // A lost code, one that is void since the voter has voted, somebody who left, and a late member.
    let replaced = open.change(ChangeReason::LostCode, Some(1), Some(34));
    let void = open.change(ChangeReason::Left, Some(0), None);
    open.changes -= 1;
    let left = open.change(ChangeReason::Left, Some(2), None);
    let late = open.change(ChangeReason::LateMember, None, Some(35));
    open.vote(34, &[Choice::Options(vec![1])]);
    open.organise(Action::CutOff);
    open.vote(35, &[Choice::Options(vec![0])]);
    // The old code is void.
    open.push_ballot(&election.ballot(1, &[Choice::Options(vec![0])]).cast().to_bytes());
    let mut closed = open.clone();
    closed.organise(Action::Close);
    let mut stated = closed.clone();
    stated.state();
    let tracker_of = |index: usize| SignedBallot::tracker_of(&open.entries[index][3..]).unwrap();
    let first = election.first_ballot() as usize;
    let (own, of_new, of_late) = (tracker_of(first), open.heads[&34], open.heads[&35]);
    let (mut records, mut cases) = (Vec::new(), Vec::new());
    for (record_name, board) in [("open", &open), ("closed", &closed), ("stated", &stated)] {
        let record = files_of(board);
        records.push(written_record(record_name, &record));
        let mut case = |name: &str, voter: usize, tracker: &Tracker, changes: &[Change]| -> Value {
            let codes = &election.codes[voter];
            cases.push(case_in(&election, (record_name, &record), name, codes, tracker, None, changes));
            cases.last().unwrap()["finds"].clone()
        };
        let stated = record_name == "stated";
        let says = |found: &Value, line: u64, ballot: &str, index: Option<u64>| {
            assert_eq!(found["line"], json!(line), "{found}");
            assert_eq!(found["status"], json!({ "confirmed": stated, "ballot": ballot, "index": index }));
        };
        let line = |voter: usize| u64::from(election.line(voter).voter());
        let found = case("a voter whose revocation has no effect", 0, &own, &[]);
        says(&found, line(0), "own", Some(first as u64));
        says(&case("a credential that was replaced", 1, &own, &[]), line(1), "revoked", Some(replaced));
        let last = tracker_of(open.entries.len() - 1);
        says(&case("a ballot of a credential that was replaced", 1, &last, &[]), line(1), "revoked", Some(replaced));
        says(&case("somebody who left", 2, &own, &[]), line(2), "revoked", Some(left));
        says(&case("somebody who did not vote", 3, &own, &[]), line(3), "none", None);
        says(&case("the new credential", 34, &of_new, &[]), 34, "own", Some(left + 2));
        says(&case("the new credential, with another tracker", 34, &own, &[]), 34, "other", Some(left + 2));
        says(&case("a late member", 35, &of_late, &[]), 36, "own", Some(late + 3));
        case("a credential that no change adds", 36, &own, &[]);
        let flip = |path: &str, at: usize, bits: u8| Change::Flip(path.into(), at, bits);
        let remove = |path: &str| Change::Remove(path.into());
        let size = board.entries.len();
        let bundle = format!("tile/entries/000.p/{size}");
        let offset = |entry: u64| board.entries[..entry as usize].iter().map(|it| it.len() + 2).sum::<usize>();
        let head_of = |voter: u64| 8 * voter as usize;
        for (name, voter, changes) in [
            ("no file of the changes", 34, vec![remove("light/changes")]),
            ("a file of the changes with another length", 34, vec![Change::Cut("light/changes".into(), 1)]),
            ("a file of the changes without the last one", 35, vec![Change::Cut("light/changes".into(), 24)]),
            ("another position of the change", 34, vec![flip("light/changes", 0, 1)]),
            ("the position of a change without effect", 34, vec![flip("light/changes", 0, (replaced ^ void) as u8)]),
            ("another beginning of the credential", 34, vec![flip("light/changes", 16, 1)]),
            (
                "a change that the first authority did not sign",
                34,
                vec![flip(&bundle, offset(replaced + 1) - 1 - 64, 1)],
            ),
            ("a change that the second authority did not sign", 34, vec![flip(&bundle, offset(replaced + 1) - 1, 1)]),
            (
                "a change that is not on the board",
                34,
                vec![flip(&format!("tile/0/000.p/{size}"), 32 * replaced as usize, 1)],
            ),
            (
                "the head of somebody who left names another change",
                2,
                vec![flip("light/heads", head_of(line(2)) + 1, (left ^ replaced) as u8)],
            ),
            (
                "the head of a voter names a change about somebody else",
                0,
                vec![
                    flip("light/heads", head_of(line(0)), 3),
                    flip("light/heads", head_of(line(0)) + 1, (first as u64 ^ left) as u8),
                ],
            ),
            ("the head of somebody who left names no ballot", 2, vec![flip("light/heads", head_of(line(2)), 2)]),
            (
                "the head of a late member names another ballot",
                35,
                vec![flip("light/heads", head_of(36) + 1, ((late + 3) ^ (left + 2)) as u8)],
            ),
            ("the head of a late member in a reserved state", 35, vec![flip("light/heads", head_of(36), 3)]),
        ] {
            let tracker = if voter == 35 { &of_late } else { &of_new };
            case(name, voter, tracker, &changes);
        }
    }
    let common = shared(&mut records);
    check("light-changes.json", &json!({ "common": { "files": common }, "records": records, "cases": cases }));
}

/// How lately witnesses have cosigned, at the time `NOW`; and what a voter may cast who has voted, under a limit of one ballot.
#[test]
fn light_with_limits() {
    const NOW: u64 = 1_800_000_000;
    const LIMIT: u64 = 600;
    let mut records = Vec::new();
    let mut cases = Vec::new();
    for (limit, max_age) in [("", Some(LIMIT)), (" without a limit", None)] {
        let election = Election::build(ElectionOptions {
            voters: vec![(0, 1); 3],
            trustees: 1,
            threshold: 1,
            witnesses: (3, 2),
            max_age,
            ballots_per_credential: 1,
            seed: 6,
            ..ElectionOptions::default()
        });
        let mut open = election.open_board();
        open.vote(0, &[Choice::Options(vec![0])]);
        let (mut cancelled, mut closed) = (open.clone(), open.clone());
        cancelled.cancel();
        closed.organise(Action::Close);
        let tracker = SignedBallot::tracker_of(&open.entries[election.first_ballot() as usize][3..]).unwrap();
        let open_at: [&[(usize, u64)]; 9] = [
            &[],
            &[(0, NOW)],
            &[(0, NOW - LIMIT), (2, NOW - LIMIT)],
            &[(0, NOW - LIMIT), (1, NOW - LIMIT - 1)],
            &[(0, NOW - LIMIT - 1), (1, NOW - LIMIT - 2), (2, NOW - LIMIT - 3)],
            // The clock of the device may be slow.
            &[(0, NOW + 1), (1, NOW + 1_000_000)],
            // One witness is one witness, at the last time at which it cosigned.
            &[(0, NOW), (0, NOW - 1)],
            &[(0, NOW - 5000), (0, NOW - 7), (0, NOW - 9000), (1, NOW)],
            &[(0, NOW), (1, NOW), (2, NOW)],
        ];
        let at_once: &[&[(usize, u64)]] = &[&[], &[(0, NOW), (1, NOW)]];
        let states = match max_age {
            Some(_) => {
                vec![("open", &open, &open_at[..]), ("cancelled", &cancelled, at_once), ("closed", &closed, at_once)]
            }
            None => vec![("open", &open, at_once)],
        };
        for (name, board, times) in states {
            for (number, times) in times.iter().enumerate() {
                let mut record = cosigned(board, times);
                record.files.retain(|path, _| is_of_light_clients(path));
                let record_name = format!("{name}{limit}, {number}");
                records.push(written_record(&record_name, &record));
                let freshness = LightElection::read(&record, None, &mut TestRng(1)).unwrap().freshness(NOW);
                for voter in [0, 1] {
                    let code = &election.codes[voter];
                    let of = (record_name.as_str(), &record);
                    let mut case = case_in(&election, of, "under limits", code, &tracker, None, &[]);
                    case["now"] = json!(NOW);
                    case["finds"]["freshness"] = freshness_of(&freshness);
                    cases.push(case);
                }
            }
        }
    }
    let states = |name: &str| cases.iter().filter(|case| case["finds"]["freshness"]["state"] == name).count();
    assert_eq!(["no_limit", "not_open", "fresh", "old"].map(states), [4, 8, 8, 10]);
    let common = shared(&mut records);
    check("light-limits.json", &json!({ "common": { "files": common }, "records": records, "cases": cases }));
}

fn freshness_of(freshness: &Freshness) -> Value {
    let (cosigned, youngest) = match freshness {
        Freshness::Fresh { cosigned, .. } => (Some(*cosigned), None),
        Freshness::Old { cosigned, youngest, .. } => (Some(*cosigned), *youngest),
        _ => (None, None),
    };
    json!({ "state": freshness.code(), "cosigned": cosigned, "youngest": youngest })
}

/// A change of a record.
enum Change {
    /// Bits of a byte are flipped.
    Flip(String, usize, u8),
    Remove(String),
    /// The last bytes of a file are missing.
    Cut(String, usize),
}

impl Change {
    fn apply(&self, record: &mut MemoryRecord) {
        match self {
            Self::Flip(path, at, bits) => record.files.get_mut(path).expect("a file")[*at] ^= bits,
            Self::Remove(path) => _ = record.files.remove(path),
            Self::Cut(path, count) => {
                let file = record.files.get_mut(path).expect("a file");
                file.truncate(file.len() - count);
            }
        }
    }

    fn value(&self) -> Value {
        match self {
            Self::Flip(path, at, bits) => json!({ "path": path, "at": at, "xor": bits }),
            Self::Remove(path) => json!({ "path": path, "remove": true }),
            Self::Cut(path, count) => json!({ "path": path, "cut": count }),
        }
    }
}

/// Takes the files that all records have in common out of them.
fn shared(records: &mut [Value]) -> Value {
    let mut common = serde_json::Map::new();
    let first = records[0]["files"].as_object().expect("files").clone();
    for (path, file) in first {
        if records.iter().all(|record| record["files"].get(&path) == Some(&file)) {
            for record in &mut *records {
                record["files"].as_object_mut().expect("files").remove(&path);
            }
            common.insert(path, file);
        }
    }
    common.into()
}
