//! A whole election in memory: every part of it once, for benches to repeat.

use std::iter::zip;

use ballotta::ballot::{BallotSeed, Choices, Mark, PreparedBallot};
use ballotta::board::entry::{Action, Entry, EntryKind, OrganiserEntry, Pointer};
use ballotta::board::log::{Frontier, leaf_hash};
use ballotta::board::note::NoteSigner;
use ballotta::board::tiles::{bundle_paths, encode_bundle};
use ballotta::credential::{Credential, Entitlement, RollLine, RollReader, RollRules, RollSignature, VotingCode};
use ballotta::decryption::{ClosedTally, ClosingStatement, PartialDecryption};
use ballotta::election::ElectionContext;
use ballotta::group::SecretScalar;
use ballotta::hash::{FileHash, ManifestHash};
use ballotta::index::AuthorityIndex;
use ballotta::key_ceremony::{
    CeremonyParameters, Committed, Confirmation, Deal, DealCommitment, Dealt, FIRST_ATTEMPT, JointKey, Registered,
    Registration, Signed, Trustee, TrusteeSeed, TrusteeShares,
};
use ballotta::manifest::Manifest;
use ballotta::proofs::schnorr::KeyPair;
use ballotta::record::{self, FileList, MemoryRecord};
use ballotta::tally::EncryptedTally;
use ballotta::verifier::{Stage, VerifyOptions, verify};
use rand_core::CryptoRng;
use serde_json::json;

use crate::bench_rng;

/// How many trustees decrypt.
const THRESHOLD: u16 = 2;

/// The keys of everybody but the voters.
pub struct Keys {
    organiser: KeyPair,
    authority: KeyPair,
    trustees: [TrusteeSeed; 3],
    board: NoteSigner,
}

impl Keys {
    /// Draws all keys.
    ///
    /// # Panics
    ///
    /// Never: the board has a name that a note can carry.
    #[must_use]
    pub fn random<R: CryptoRng>(rng: &mut R) -> Self {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        Self {
            organiser: KeyPair::new(SecretScalar::random(rng)),
            authority: KeyPair::new(SecretScalar::random(rng)),
            trustees: [(); 3].map(|()| TrusteeSeed::random(rng)),
            board: NoteSigner::from_seed("board.example/benches", &seed).expect("a name of a key"),
        }
    }

    /// The manifest of a contest in which one of so many options is chosen.
    #[must_use]
    pub fn manifest(&self, options: usize) -> Vec<u8> {
        let key = |pair: &KeyPair| hex(pair.public().as_bytes());
        let party = |name: String, key: String| json!({ "name": name, "key": key });
        let options: Vec<_> =
            (1..=options).map(|n| json!({ "id": format!("o{n}"), "title": { "en": format!("Option {n}") } })).collect();
        let trustees: Vec<_> =
            zip(1.., &self.trustees).map(|(n, seed)| party(format!("Trustee {n}"), key(&seed.signing_key()))).collect();
        let manifest = json!({
            "format": ballotta::manifest::FORMAT, "suite": ballotta::SUITE,
            "election_id": hex(&[7; 32]), "kind": "rehearsal", "languages": ["en"],
            "title": { "en": "An election to be measured" },
            "contests": [{
                "id": "contest", "title": { "en": "Which one?" },
                "rule": { "kind": "choose", "min": 1, "max": 1, "blank": false }, "options": options,
            }],
            "styles": [{ "id": "all", "contests": ["contest"] }],
            "weights": { "unit": { "en": "vote" }, "max": 1, "total": 1_000_000 },
            "revoting": "last_counts",
            "privacy": { "minimum_counted_ballots": 1, "minimum_ballots_per_weight": 1 },
            "closing": "statements", "roll_changes_until": "open",
            "organiser": { "key": key(&self.organiser) },
            "credential_authorities": [party("Office".to_owned(), key(&self.authority))],
            "trustees": {
                "threshold": THRESHOLD, "minimum_confirmed": trustees.len(), "on_disqualification": "new_attempt",
                "members": trustees,
            },
            "board": { "origin": self.board.key().name(), "key": hex(self.board.key().as_bytes()) },
            "witnesses": { "quorum": 0, "members": [] },
        });
        manifest.to_string().into_bytes()
    }
}

fn hex(bytes: &[u8; 32]) -> String {
    FileHash::from_bytes(*bytes).to_string()
}

/// A key ceremony of three trustees, of whom two decrypt: its messages, and its first trustee at every step.
pub struct Ceremony {
    /// What it is for.
    pub parameters: CeremonyParameters,
    /// The messages of the first step.
    pub registrations: Vec<Signed<Registration>>,
    /// Of the second.
    pub commitments: Vec<Signed<DealCommitment>>,
    /// Of the third.
    pub deals: Vec<Signed<Deal>>,
    /// Of the last.
    pub confirmations: Vec<Signed<Confirmation>>,
    /// What the trustees hold in the end.
    pub shares: Vec<TrusteeShares>,
    first: TrusteeSeed,
}

impl Ceremony {
    /// A ceremony for so many slots.
    ///
    /// # Panics
    ///
    /// If that is more than an election can have.
    #[must_use]
    pub fn for_slots<R: CryptoRng>(slots: usize, rng: &mut R) -> Self {
        let trustees = [(); 3].map(|()| TrusteeSeed::random(rng));
        let signing = trustees.iter().map(|seed| *seed.signing_key().public()).collect();
        let manifest = ManifestHash::from_bytes([7; 32]);
        let parameters = CeremonyParameters::new(manifest, THRESHOLD, signing, slots, FIRST_ATTEMPT);
        Self::hold(parameters.expect("slots of an election"), &trustees, rng)
    }

    /// Every trustee sees all messages of a step before it takes the next.
    fn hold<R: CryptoRng>(parameters: CeremonyParameters, trustees: &[TrusteeSeed; 3], rng: &mut R) -> Self {
        const HONEST: &str = "honest trustees";
        let (states, registrations): (Vec<_>, Vec<_>) =
            trustees.iter().map(|seed| Trustee::register(parameters.clone(), copy(seed)).expect(HONEST)).unzip();
        let (states, commitments): (Vec<_>, Vec<_>) =
            states.into_iter().map(|state| state.commit(&registrations, rng).expect(HONEST)).unzip();
        let (states, deals): (Vec<_>, Vec<_>) =
            states.into_iter().map(|state| state.deal(&commitments, rng).expect(HONEST)).unzip();
        let (shares, confirmations) = states.into_iter().map(|state| state.confirm(&deals, rng).expect(HONEST)).unzip();
        let first = copy(&trustees[0]);
        Self { parameters, registrations, commitments, deals, confirmations, shares, first }
    }

    /// All messages, in the order of their publication.
    #[must_use]
    pub fn messages(&self) -> Vec<&[u8]> {
        (self.registrations.iter().map(Signed::as_bytes))
            .chain(self.commitments.iter().map(Signed::as_bytes))
            .chain(self.deals.iter().map(Signed::as_bytes))
            .chain(self.confirmations.iter().map(Signed::as_bytes))
            .collect()
    }

    /// The seed of the first trustee.
    #[must_use]
    pub fn seed(&self) -> TrusteeSeed {
        copy(&self.first)
    }

    /// The first trustee, registered.
    ///
    /// # Panics
    ///
    /// Never, like the two that follow: the messages are honest.
    #[must_use]
    pub fn registered(&self) -> Registered {
        Trustee::register(self.parameters.clone(), self.seed()).expect("a trustee").0
    }

    /// The first trustee, committed to its deal.
    #[must_use]
    pub fn committed(&self) -> Committed {
        self.registered().commit(&self.registrations, &mut bench_rng()).expect("honest registrations").0
    }

    /// The first trustee, which has dealt.
    #[must_use]
    pub fn dealt(&self) -> Dealt {
        self.committed().deal(&self.commitments, &mut bench_rng()).expect("honest commitments").0
    }
}

fn copy(seed: &TrusteeSeed) -> TrusteeSeed {
    TrusteeSeed::from_bytes(seed.expose_bytes())
}

/// An election in which one of some options was chosen, from the manifest to the result.
pub struct Rehearsal {
    /// The election.
    pub context: ElectionContext,
    /// The voters, all of whom voted, in the order of the roll.
    pub voters: Vec<Credential>,
    /// Their lines of the roll.
    pub lines: Vec<RollLine>,
    /// Their signed ballots.
    pub ballots: Vec<Vec<u8>>,
    /// The keys with which trustees sign.
    pub signing: Vec<KeyPair>,
    /// The trustees' shares.
    pub shares: Vec<TrusteeShares>,
    /// The sums of the ballots.
    pub tally: EncryptedTally,
    /// The trustees' statements.
    pub statements: Vec<ClosingStatement>,
    /// The sums, to be decrypted.
    pub closed: ClosedTally,
    /// The partial decryptions of two trustees.
    pub decryptions: Vec<PartialDecryption>,
    /// Everything that is published.
    pub record: MemoryRecord,
}

impl Rehearsal {
    /// Holds an election of so many options and voters.
    ///
    /// # Panics
    ///
    /// If an election cannot have so many.
    #[must_use]
    pub fn hold<R: CryptoRng>(options: usize, voters: usize, rng: &mut R) -> Self {
        let keys = Keys::random(rng);
        let signing: Vec<KeyPair> = keys.trustees.iter().map(TrusteeSeed::signing_key).collect();
        let manifest = Manifest::parse(&keys.manifest(options)).expect("a manifest");
        let mut board = Board { entries: Vec::new(), record: MemoryRecord::default(), signer: keys.board };
        board.publish(record::MANIFEST, manifest.bytes());

        let parameters = CeremonyParameters::for_manifest(&manifest, FIRST_ATTEMPT).expect("parameters of a manifest");
        let ceremony = Ceremony::hold(parameters, &keys.trustees, rng);
        let messages = ceremony.messages();
        let joint_key = JointKey::verify(&ceremony.parameters, &messages, rng).expect("an honest ceremony");
        for (message, author) in zip(messages, (1..=3).cycle()) {
            board.add_file(EntryKind::Ceremony, author, &record::ceremony_path(&FileHash::of(message)), message);
        }

        let mut voters: Vec<Credential> = (0..voters)
            .map(|_| {
                let code = VotingCode::generate(rng);
                Credential::derive(&code, manifest.hash(), joint_key.root()).expect("a credential")
            })
            .collect();
        voters.sort_by_key(|voter| *voter.public().as_bytes());
        let line =
            |voter: &Credential| RollLine { number: 0, credential: *voter.public().as_bytes(), style: 0, weight: 1 };
        let rules = RollRules::for_manifest(&manifest);
        let roll: String = rules.write(voters.iter().map(line).collect()).expect("a roll within its rules").collect();
        let mut lines = Vec::new();
        let mut reader = RollReader::new(rules);
        reader.feed(roll.as_bytes(), &mut |line| lines.push(line.expect("a line of the roll")));
        let index = reader.finish(&mut |_| ()).expect("a roll within its rules");
        let context = ElectionContext::new(manifest, joint_key, index.hash()).expect("what belongs together");
        board.publish(record::ROLL, roll.as_bytes());

        let signature = RollSignature::sign(AuthorityIndex::FIRST, context.fingerprint(), &keys.authority, rng);
        board.add(EntryKind::RollSignature, &signature.encode());
        let open = OrganiserEntry::sign(Action::Open, context.fingerprint(), &keys.organiser, rng);
        board.add(EntryKind::Open, &open.encode());
        let mut ballots = Vec::with_capacity(voters.len());
        for (voter, option) in zip(&voters, (0..options).cycle()) {
            let seed = BallotSeed::derive(voter.key_pair(), 0, rng);
            let prepared = PreparedBallot::prepare(&context, voter.public(), VOTER, choose_option(option), None, seed);
            let prepared = prepared.expect("a ballot");
            let ballot = prepared.cast(&context, voter.key_pair(), rng).to_bytes();
            board.add(EntryKind::Ballot, &ballot);
            ballots.push(ballot);
        }
        let close = OrganiserEntry::sign(Action::Close, context.fingerprint(), &keys.organiser, rng);
        board.add(EntryKind::Close, &close.encode());
        board.commit();

        let stage = VerifyOptions { stage: Stage::Closed, ..VerifyOptions::default() };
        let verification = verify(&board.record, &stage, &|_| (), rng);
        assert!(verification.report.valid, "{}", verification.report);
        let tally = verification.tally.clone().expect("the tally of a closed board");
        let mut statements = Vec::new();
        for (key, trustee) in zip(&signing, 1..) {
            let statement = ClosingStatement::sign(&tally, trustee, key, rng);
            board.add(EntryKind::ClosingStatement, &statement.to_bytes());
            statements.push(statement);
        }
        let closed = ClosedTally::check(context.manifest(), tally.clone(), &statements, None, rng);
        let closed = closed.expect("statements of all trustees");
        let mut decryptions = Vec::new();
        for share in ceremony.shares.iter().take(THRESHOLD.into()) {
            let part = PartialDecryption::decrypt(&context, &closed, share, rng).expect("shares of this election");
            let bytes = part.to_bytes();
            let path = record::decryption_path(&FileHash::of(&bytes));
            board.add_file(EntryKind::PartialDecryption, share.index().get(), &path, &bytes);
            decryptions.push(part);
        }

        let verified: Vec<_> = decryptions
            .iter()
            .map(|part| part.clone().verify(&context, &tally, rng).expect("an honest partial decryption"))
            .collect();
        let result = verification.result(&verified).expect("a result").to_bytes();
        board.publish(record::RESULT, &result);
        let mut list = FileList::default();
        list.add(record::RESULT, &result);
        board.add_file(EntryKind::Publication, 0, record::FILE_LIST, list.to_string().as_bytes());
        board.commit();
        let (shares, record) = (ceremony.shares, board.record);
        Self { context, voters, lines, ballots, signing, shares, tally, statements, closed, decryptions, record }
    }
}

/// What the roll says of every voter.
pub const VOTER: Entitlement = Entitlement { style: 0, weight: 1 };

/// The choice of one option, by its number, which is counted from 0.
#[must_use]
pub fn choose_option(option: usize) -> Choices {
    let mut choices = Choices::new();
    choices.mark("contest", Mark::Options(vec![format!("o{}", option + 1)]));
    choices
}

/// The board: its entries, the files they become, and the key that signs the tree head.
struct Board {
    entries: Vec<Vec<u8>>,
    record: MemoryRecord,
    signer: NoteSigner,
}

impl Board {
    fn add(&mut self, kind: EntryKind, body: &[u8]) {
        self.entries.push(Entry::new(kind, body).expect("an entry within its limit").encode());
    }

    /// An entry that points to a file of the record.
    fn add_file(&mut self, kind: EntryKind, author: u16, path: &str, file: &[u8]) {
        self.add(kind, &Pointer::to_file(author, file).expect("a file within its limit").encode());
        self.publish(path, file);
    }

    fn publish(&mut self, path: &str, file: &[u8]) {
        self.record.files.insert(path.to_owned(), file.to_vec());
    }

    /// Writes the bundles of entries and the signed checkpoint.
    fn commit(&mut self) {
        self.record.files.retain(|path, _| !path.starts_with("tile/"));
        for path in bundle_paths(self.entries.len() as u64) {
            let first = path.first() as usize;
            let bundle = &self.entries[first..first + usize::from(path.width())];
            self.record.files.insert(path.to_string(), encode_bundle(bundle).expect("entries within their limits"));
        }
        let head = self.entries.iter().map(|entry| leaf_hash(entry)).collect::<Frontier>().head();
        self.publish(record::CHECKPOINT, self.signer.sign_checkpoint(&head).to_string().as_bytes());
    }
}
