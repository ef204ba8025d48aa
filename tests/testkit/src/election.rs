//! Whole elections in memory: every step is really taken, all randomness comes from one seed, and any step can be
//! altered.
//!
//! An [`Election`] is what is fixed before the voting opens: manifest, ceremony, credentials, roll. A [`Board`] is a
//! log that grows; its entries are bytes that a test may change before they are signed, so that a forged log is one
//! that a dishonest board signed. It counts in clear what honest voters chose: [`Board::expected`].

use std::collections::BTreeMap;
use std::iter::zip;

use ballotta::ballot::{BallotSeed, Choices, PreparedBallot, SignedBallot};
use ballotta::board::board_signer;
use ballotta::board::cancellation::Cancellation;
use ballotta::board::entry::{Action, Entry, EntryKind, OrganiserEntry, Pointer};
use ballotta::board::note::{Cosigner, NoteKey, NoteSigner, SignedCheckpoint};
use ballotta::board::tiles::{TILE_WIDTH, bundle_paths, encode_bundle};
use ballotta::contest::{Choose, ContestOption, Rule};
use ballotta::credential::{
    ChangeDraft, ChangeReason, Credential, Entitlement, RollChange, RollLine, RollReader, RollRules, RollSignature,
    VotingCode, VotingCodes, write_parts_file,
};
use ballotta::decision::{Motion, Winners};
use ballotta::decryption::{ClosedTally, ClosingStatement, PartialDecryption};
use ballotta::election::ElectionContext;
use ballotta::encoding::Writer;
use ballotta::form::{Bits, FormBuilder};
use ballotta::group::{Scalar, SecretScalar};
use ballotta::hash::{FileHash, Fingerprint, RollHash, Tracker};
use ballotta::index::AuthorityIndex;
use ballotta::key_ceremony::{CeremonyParameters, FIRST_ATTEMPT, JointKey, TrusteeSeed, TrusteeShares};
use ballotta::manifest::{
    Attachment, AttachmentType, BallotStyle, Closing, Contest, ElectionKind, LogKey, Manifest, ManifestContents,
    OnDisqualification, Party, Privacy, Quorum, RollChanges, Text, Ties, Trustees, Weights, Witnesses, parse_log_key,
};
use ballotta::merkle::{Frontier, TreeHead, leaf_hash};
use ballotta::proofs::ballot::BallotArgument;
use ballotta::proofs::schnorr::{KeyPair, SchnorrProof};
use ballotta::record::{self, FileList, MemoryRecord, RecordSource};
use ballotta::tally::EncryptedTally;
use ballotta::transcript::{Domain, ProofTranscript};
use ballotta::verifier::{
    CheckId, PartialVerification, Place, ShardPlan, Stage, Status, Verdict, Verification, VerifyOptions, finish,
    merge_all, select, verify, verify_shard,
};
use rand_core::Rng;

use crate::ceremony::Ceremony;
pub use crate::choice::{Choice, Count, count, counted};
use crate::kinds::any_choice;
use crate::rng::TestRng;

/// What an election is to be.
#[derive(Clone, Debug)]
pub struct ElectionOptions {
    /// The contests: rule and number of options.
    pub contests: Vec<(Rule, usize)>,
    /// The contests of each ballot style.
    pub styles: Vec<Vec<usize>>,
    /// The style and the weight of each voter.
    pub voters: Vec<(usize, u64)>,
    /// The style and the weight of each voter whom changes of the roll can add. Their numbers follow those of the voters.
    pub late: Vec<(usize, u64)>,
    /// The largest weight of the roll. If it is not given, it is four times the weight of the voters.
    pub most_weight: Option<u64>,
    /// How many credential authorities there are.
    pub authorities: u16,
    /// How many trustees there are.
    pub trustees: u16,
    /// How many are needed to decrypt.
    pub threshold: u16,
    /// The number of ballots that one credential may cast.
    pub ballots_per_credential: u8,
    /// What trustees wait for before they decrypt.
    pub closing: Closing,
    /// How many witnesses there are, and how many must cosign.
    pub witnesses: (usize, usize),
    /// How old cosignatures may be while the voting is open, in seconds.
    pub max_age: Option<u64>,
    /// The contests that elect options, by their numbers.
    pub winners: Vec<(usize, Winners)>,
    /// The contests that are motions, by their numbers.
    pub motions: Vec<(usize, Motion)>,
    /// What happens if options tie.
    pub ties: Ties,
    /// The quorum, if the election has one.
    pub quorum: Option<Quorum>,
    /// How much the roll may change while the voting is open.
    pub roll_changes: Option<RollChanges>,
    /// The numbers of ballots below which the totals of a contest are withheld.
    pub privacy: Privacy,
    /// Texts that are attachments of the election. The record has them.
    pub attachments: Vec<&'static str>,
    /// Where all randomness comes from.
    pub seed: u64,
}

impl Default for ElectionOptions {
    /// Ten voters say yes or no; two of three trustees decrypt; the last ballot counts.
    fn default() -> Self {
        Self {
            contests: vec![(YES_OR_NO, 2)],
            styles: vec![vec![0]],
            voters: vec![(0, 1); 10],
            late: Vec::new(),
            most_weight: None,
            authorities: 1,
            trustees: 3,
            threshold: 2,
            ballots_per_credential: 16,
            closing: Closing::Statements,
            witnesses: (0, 0),
            max_age: None,
            winners: vec![],
            motions: vec![],
            ties: Ties::Open,
            quorum: None,
            roll_changes: None,
            privacy: Privacy { minimum_counted_ballots: 1, minimum_ballots_per_weight: 1 },
            attachments: vec![],
            seed: 1,
        }
    }
}

/// A text as an attachment.
#[must_use]
pub fn attachment(text: &str) -> Attachment {
    let bytes = text.as_bytes();
    let (length, sha256) = (bytes.len() as u64, FileHash::of(bytes));
    Attachment { title: self::text("Text".into()), kind: AttachmentType::Text, length, sha256 }
}

/// One of the options.
pub const YES_OR_NO: Rule = choose(1, 1, false);

/// Between `min` and `max` of the options.
#[must_use]
pub const fn choose(min: u32, max: u32, blank: bool) -> Rule {
    Rule::Choose(Choose { min, max, blank })
}

/// The options `o0`, `o1`, ..
#[must_use]
pub fn numbered_options(count: usize) -> Vec<ContestOption> {
    let title = |number| text(format!("Option {number}"));
    (0..count)
        .map(|number| ContestOption {
            id: format!("o{number}"),
            title: title(number),
            description: None,
            attachments: Vec::new(),
        })
        .collect()
}

/// A voter of this style, with weight 1.
#[must_use]
pub fn of_style(style: usize) -> Entitlement {
    Entitlement { style, weight: 1 }
}

/// Everything that is fixed before the voting opens, with everybody's secrets.
#[allow(missing_docs)]
pub struct Election {
    pub options: ElectionOptions,
    pub context: ElectionContext,
    /// The joint key of the key ceremony.
    pub joint_key: JointKey,
    pub organiser: KeyPair,
    pub authorities: Vec<KeyPair>,
    /// The secret key of the board.
    pub board_seed: [u8; 32],
    pub signer: NoteSigner,
    pub witnesses: Vec<Cosigner>,
    /// The secret keys of the witnesses, in the order of the witnesses.
    pub witness_seeds: Vec<[u8; 32]>,
    /// The messages of the key ceremony, in their order, with their authors.
    pub ceremony: Vec<(u16, Vec<u8>)>,
    /// The seeds of the trustees, in the order of the trustees.
    pub trustee_seeds: Vec<[u8; 32]>,
    pub trustee_keys: Vec<KeyPair>,
    pub shares: Vec<TrusteeShares>,
    /// The voting codes of each voter, as they are printed: one of each credential authority, each on its line.
    pub codes: Vec<String>,
    /// Of all voters on the roll, and then of those who can be added.
    pub credentials: Vec<Credential>,
    /// For each authority its parts of all these credentials.
    pub parts: Vec<Vec<Credential>>,
    pub roll: Vec<u8>,
}

impl Election {
    /// Runs everything up to the roll.
    ///
    /// # Panics
    ///
    /// If the options are those of no election.
    #[must_use]
    pub fn build(options: ElectionOptions) -> Self {
        Self::build_with(options, |_| (), |_| ())
    }

    /// The same, with the voters of the roll and then its bytes changed before they are hashed.
    ///
    /// # Panics
    ///
    /// If the options are those of no election.
    #[must_use]
    pub fn build_with(
        options: ElectionOptions,
        change_lines: impl FnOnce(&mut Vec<RollLine>),
        change_roll: impl FnOnce(&mut Vec<u8>),
    ) -> Self {
        let mut rng = TestRng(options.seed);
        let parties = Parties::draw(&options, &mut rng);
        let bytes = parties.contents(&options, random(&mut rng)).to_bytes().expect("a manifest as JSON");
        let manifest = Manifest::parse(&bytes).expect("a manifest that keeps the rules");
        let Parties { organiser, board_seed, witnesses, witness_seeds, seeds, trustee_keys, authorities, .. } = parties;
        let signer = board_signer(&manifest, &board_seed).expect("the key of the board");

        let parameters = CeremonyParameters::for_manifest(&manifest, FIRST_ATTEMPT).expect("a ceremony");
        let ceremony = Ceremony::hold(&parameters, &seeds, &mut rng);
        let messages = ceremony.messages();
        let bytes: Vec<&[u8]> = messages.iter().map(|(_, message)| *message).collect();
        let joint_key = JointKey::verify(&parameters, &bytes, &mut rng).expect("a valid ceremony");
        let messages = messages.into_iter().map(|(author, message)| (author, message.to_vec())).collect();

        let people = options.voters.len() + options.late.len();
        let mut make_codes = |_| -> Vec<VotingCode> { (0..people).map(|_| VotingCode::generate(&mut rng)).collect() };
        let of_authorities: Vec<Vec<VotingCode>> = (0..options.authorities).map(&mut make_codes).collect();
        let part = |code| Credential::derive(code, manifest.hash(), joint_key.hash()).expect("a part");
        let parts: Vec<Vec<Credential>> = of_authorities.iter().map(|codes| codes.iter().map(part).collect()).collect();
        let of_voter =
            |voter: usize| of_authorities.iter().map(|codes| codes[voter].expose_text().to_string()).collect();
        let codes: Vec<Vec<String>> = (0..people).map(of_voter).collect();
        let codes: Vec<String> = codes.into_iter().map(|codes| codes.join("\n")).collect();
        let sum = |codes: &String| {
            let codes: VotingCodes = codes.parse().expect("voting codes");
            codes.derive(&manifest, joint_key.hash()).expect("a credential")
        };
        let credentials: Vec<Credential> = codes.iter().map(sum).collect();
        let rules = RollRules::for_manifest(&manifest);
        let mut lines: Vec<RollLine> = zip(&credentials, &options.voters)
            .zip(1..)
            .map(|((credential, (style, weight)), number)| RollLine {
                number,
                credential: *credential.public().as_bytes(),
                style: *style,
                weight: *weight,
            })
            .collect();
        change_lines(&mut lines);
        let mut roll: Vec<u8> = rules.write(lines).expect("a roll").flat_map(String::into_bytes).collect();
        change_roll(&mut roll);
        let mut reader = RollReader::new(rules);
        reader.feed(&roll, &mut |line| assert_eq!(line.err(), None));
        let hash: RollHash = *reader.finish(&mut |_| ()).expect("a valid roll").hash();
        let context = ElectionContext::new(manifest, &joint_key, &hash).expect("an election");
        Self {
            options,
            context,
            joint_key,
            organiser,
            authorities,
            board_seed,
            signer,
            witnesses,
            witness_seeds,
            ceremony: messages,
            trustee_seeds: seeds,
            trustee_keys,
            shares: ceremony.shares,
            codes,
            credentials,
            parts,
            roll,
        }
    }

    /// The file with the parts of an authority, counted from 1, in the order of the roll.
    ///
    /// # Panics
    ///
    /// If there is no such authority.
    #[must_use]
    pub fn parts_file(&self, authority: u16) -> Vec<u8> {
        let (index, parts) = AuthorityIndex::find(authority, &self.parts).expect("an authority");
        self.prove_parts(index, &self.in_roll_order(parts.iter().collect()))
    }

    /// What belongs to the voters, in the order of the roll instead of that of the voters.
    #[must_use]
    pub fn in_roll_order<T: Copy>(&self, of_voters: Vec<T>) -> Vec<T> {
        let mut voters: Vec<usize> = (0..self.options.voters.len()).collect();
        voters.sort_unstable_by_key(|voter| *self.credentials[*voter].public().as_bytes());
        voters.into_iter().map(|voter| of_voters[voter]).collect()
    }

    /// A file with these parts, which are in the order of the roll.
    ///
    /// # Panics
    ///
    /// Never: the sum of the parts is not zero.
    #[must_use]
    pub fn prove_parts(&self, authority: AuthorityIndex, parts: &[&Credential]) -> Vec<u8> {
        let rng = &mut TestRng(self.options.seed ^ u64::from(authority.get()));
        write_parts_file(self.context.manifest().hash(), authority, parts, rng).expect("a file of parts")
    }

    /// The style and the weight of a voter.
    #[must_use]
    pub fn rights(&self, voter: usize) -> (usize, u64) {
        *self.options.voters.iter().chain(&self.options.late).nth(voter).expect("a voter")
    }

    /// The line of the roll of a voter.
    #[must_use]
    pub fn line(&self, voter: usize) -> RollLine {
        let credential = *self.credentials[voter].public().as_bytes();
        let on_roll = &self.credentials[..self.options.voters.len()];
        let before = on_roll.iter().filter(|other| *other.public().as_bytes() < credential).count();
        let (style, weight) = self.rights(voter);
        RollLine { number: before as u64 + 2, credential, style, weight }
    }

    /// The ballot of a voter. Every part of it may be changed before it is signed.
    #[must_use]
    pub fn ballot(&self, voter: usize, choices: &[Choice]) -> Ballot<'_> {
        let (style, weight) = self.rights(voter);
        let (choices, seed) = (choices.to_vec(), 1000 + voter as u64);
        Ballot { election: self, voter, signer: voter, style, weight, choices, previous: None, seed }
    }

    /// Any bytes as an unsigned ballot, with the signature of a voter over their tracker.
    ///
    /// # Panics
    ///
    /// Never: a tracker needs no more than the length of a signature.
    #[must_use]
    pub fn sign(&self, unsigned: &[u8], signer: &KeyPair) -> Vec<u8> {
        let tracker = SignedBallot::tracker_of(&[unsigned, &[0; SchnorrProof::BYTES]].concat()).expect("a tracker");
        let mut transcript = Domain::BallotSignature.for_election(self.context.fingerprint());
        transcript.absorb_bytes(b"tracker", tracker.as_bytes());
        let mut writer = Writer::new();
        signer.prove(&mut transcript, &mut TestRng(7)).encode(writer.put(unsigned));
        writer.finish()
    }

    /// What a change of the roll has before its signatures, with some bytes changed, and signed again by all credential authorities.
    ///
    /// # Panics
    ///
    /// Never: a change has as many signatures as the election has authorities.
    #[must_use]
    pub fn sign_change(&self, change: &RollChange, forge: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut body = change.encode();
        body.truncate(body.len() - SchnorrProof::BYTES * self.authorities.len());
        forge(&mut body);
        let mut writer = Writer::new();
        writer.put(&body);
        for (authority, key) in AuthorityIndex::enumerate(&self.authorities) {
            let mut transcript = Domain::RollChange.for_election(self.context.fingerprint());
            transcript.absorb_u64(b"authority", authority.get().into());
            transcript.absorb_bytes(b"change", &body);
            key.prove(&mut transcript, &mut TestRng(9)).encode(&mut writer);
        }
        writer.finish()
    }

    /// A partial decryption with any content, whose signature is replaced by that of a trustee, counted from 1.
    ///
    /// # Panics
    ///
    /// If there is no such trustee, or if the bytes do not contain a fingerprint.
    #[must_use]
    pub fn sign_decryption(&self, decryption: &[u8], signer: u16) -> Vec<u8> {
        let signed = &decryption[..decryption.len() - SchnorrProof::BYTES];
        let fingerprint = Fingerprint::from_bytes(signed[4..36].try_into().expect("a fingerprint"));
        let mut transcript = Domain::DecryptionSignature.for_election(&fingerprint);
        transcript.absorb_bytes(b"decryption", signed);
        let mut writer = Writer::new();
        let key = &self.trustee_keys[usize::from(signer) - 1];
        key.prove(&mut transcript, &mut TestRng(8)).encode(writer.put(signed));
        writer.finish()
    }

    /// A first ballot for the first option of a style of one contest, of which one is chosen, under a nonce of
    /// anybody's choice: by the library's own prover.
    ///
    /// # Panics
    ///
    /// If there is no such style.
    #[must_use]
    pub fn ballot_under(&self, nonce: Scalar, style: usize, voter: &KeyPair) -> Vec<u8> {
        let compiled = self.context.style(style).expect("a style");
        let mut bits = Bits::zero(compiled.form().bits());
        bits.set(FormBuilder::new().bit(), 1);
        let fingerprint = self.context.fingerprint();
        let mut transcript = Domain::BallotArgument.for_election(fingerprint);
        transcript.absorb_element(b"credential", voter.public());
        let (form, keys, generators) = (compiled.form(), compiled.keys(), self.context.bases().generators());
        let nonce = SecretScalar::new(nonce);
        let (ciphertext, argument) =
            BallotArgument::prove(&mut transcript, generators, form, 1, keys, &bits, &nonce, &[1; 32]);
        let mut writer = Writer::versioned();
        writer.put(fingerprint.as_bytes()).u16(style as u16).u64(1).element(voter.public()).put(&[0; 32]);
        ciphertext.encode(&mut writer);
        argument.encode(&mut writer);
        self.sign(&writer.finish(), voter)
    }

    /// Choices that the rules allow.
    #[must_use]
    pub fn any_choices(&self, voter: usize, rng: &mut TestRng) -> Vec<Choice> {
        let (style, weight) = self.rights(voter);
        let contests = self.options.styles[style].iter();
        contests.map(|contest| any_choice(&self.options.contests[*contest], weight, rng)).collect()
    }

    /// A board with the ceremony, on which the voting is open.
    #[must_use]
    pub fn open_board(&self) -> Board<'_> {
        let mut board = self.unopened_board();
        board.organise(Action::Open);
        board
    }

    /// A board with the ceremony and the signed roll, and nothing else.
    #[must_use]
    pub fn unopened_board(&self) -> Board<'_> {
        let mut board = Board {
            election: self,
            entries: Vec::new(),
            files: self.attachments(),
            chosen: BTreeMap::new(),
            heads: BTreeMap::new(),
            changes: 0,
            rng: self.options.seed ^ 0x0b0a_4d00,
        };
        for (author, message) in &self.ceremony {
            board.push_file(EntryKind::Ceremony, *author, message);
        }
        for authority in 1..=self.options.authorities {
            board.sign_roll(authority);
        }
        board
    }

    /// The files of the attachments, by their paths.
    fn attachments(&self) -> BTreeMap<String, Vec<u8>> {
        let texts = self.options.attachments.iter();
        texts.map(|text| (attachment(text).path(), text.as_bytes().to_vec())).collect()
    }

    /// The index of the first ballot of an [open board](Self::open_board): it follows ceremony, signed roll and
    /// opening.
    #[must_use]
    pub fn first_ballot(&self) -> u64 {
        self.ceremony.len() as u64 + u64::from(self.options.authorities) + 1
    }

    /// An election that is over: everybody voted, all trustees decrypted, the result is published.
    #[must_use]
    pub fn run(&self) -> Board<'_> {
        let mut board = self.open_board();
        board.everybody_votes();
        board.finish();
        board
    }
}

fn random(rng: &mut TestRng) -> [u8; 32] {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    bytes
}

fn text(text: String) -> Text {
    [("en", text)].into_iter().collect()
}

fn party(name: String, key: &KeyPair) -> Party {
    Party { name, key: *key.public() }
}

fn log_key(key: &NoteKey) -> LogKey {
    LogKey { name: key.name().into(), key: parse_log_key(&hex::encode(key.as_bytes())).expect("a key of a log") }
}

/// Everybody with a key but the voters.
#[allow(missing_docs)]
pub struct Parties {
    pub organiser: KeyPair,
    /// The secret key of the board.
    pub board_seed: [u8; 32],
    pub signer: NoteSigner,
    pub witnesses: Vec<Cosigner>,
    /// The secret keys of the witnesses.
    pub witness_seeds: Vec<[u8; 32]>,
    /// The seeds of the trustees, and the keys with which they sign.
    pub seeds: Vec<[u8; 32]>,
    pub trustee_keys: Vec<KeyPair>,
    pub authorities: Vec<KeyPair>,
}

impl Parties {
    /// Draws all keys.
    ///
    /// # Panics
    ///
    /// Never: board and witnesses have names that a note can carry.
    #[must_use]
    pub fn draw(options: &ElectionOptions, rng: &mut TestRng) -> Self {
        let organiser = KeyPair::new(SecretScalar::random(rng));
        let board_seed = random(rng);
        let signer = NoteSigner::from_seed("board.example/log", &board_seed).expect("a name of a log");
        let witness_seeds: Vec<[u8; 32]> = (0..options.witnesses.0).map(|_| random(rng)).collect();
        let witness = |(number, seed)| {
            let name = format!("witness.example/w{number}");
            Cosigner::from_seed(&name, seed).expect("a name of a witness")
        };
        let witnesses = zip(1.., &witness_seeds).map(witness).collect();
        let seeds: Vec<[u8; 32]> = (0..options.trustees).map(|_| random(rng)).collect();
        let trustee_keys = seeds.iter().map(|seed| TrusteeSeed::from_bytes(seed).signing_key()).collect();
        let authorities = (1..=options.authorities).map(|_| KeyPair::new(SecretScalar::random(rng))).collect();
        Self { organiser, board_seed, signer, witnesses, witness_seeds, seeds, trustee_keys, authorities }
    }

    /// What the manifest of their election says, before it is written.
    #[must_use]
    pub fn contents(&self, options: &ElectionOptions, election_id: [u8; 32]) -> ManifestContents {
        let contest = |(number, (rule, count)): (usize, &(Rule, usize))| Contest {
            id: format!("c{number}"),
            title: text(format!("Question {number}")),
            description: None,
            attachments: Vec::new(),
            rule: rule.clone(),
            winners: options.winners.iter().find(|(contest, _)| *contest == number).map(|(_, winners)| winners.clone()),
            passes: options.motions.iter().find(|(contest, _)| *contest == number).map(|(_, motion)| motion.clone()),
            order: None,
            options: numbered_options(*count),
        };
        let style = |(number, contests): (usize, &Vec<usize>)| BallotStyle {
            id: format!("s{number}"),
            contests: contests.iter().map(|contest| format!("c{contest}")).collect(),
        };
        let all = || options.voters.iter().chain(&options.late).map(|(_, weight)| *weight);
        ManifestContents {
            election_id,
            kind: ElectionKind::Rehearsal,
            languages: vec!["en".into()],
            title: text("Election".into()),
            description: None,
            attachments: options.attachments.iter().map(|text| attachment(text)).collect(),
            schedule: None,
            contests: options.contests.iter().enumerate().map(contest).collect(),
            styles: options.styles.iter().enumerate().map(style).collect(),
            weights: Weights {
                unit: text("votes".into()),
                max: all().max().unwrap_or(1),
                total: options.most_weight.unwrap_or_else(|| 4 * all().sum::<u64>()),
            },
            ballots_per_credential: options.ballots_per_credential,
            ties: options.ties,
            quorum: options.quorum.clone(),
            privacy: options.privacy.clone(),
            closing: options.closing,
            roll_changes: options.roll_changes,
            organiser: *self.organiser.public(),
            credential_authorities: zip(1.., &self.authorities)
                .map(|(number, key)| party(format!("Office {number}"), key))
                .collect(),
            trustees: Trustees {
                threshold: options.threshold,
                minimum_confirmed: options.trustees,
                on_disqualification: OnDisqualification::NewAttempt,
                members: zip(1.., &self.trustee_keys)
                    .map(|(number, key)| party(format!("Trustee {number}"), key))
                    .collect(),
            },
            board: log_key(self.signer.key()),
            witnesses: Witnesses {
                quorum: options.witnesses.1,
                max_age: options.max_age,
                members: self.witnesses.iter().map(|witness| log_key(witness.key())).collect(),
            },
            client_software: Vec::new(),
        }
    }
}

/// A ballot that is not made yet.
#[derive(Clone)]
#[allow(missing_docs)]
pub struct Ballot<'a> {
    pub election: &'a Election,
    /// Whose credential it names.
    pub voter: usize,
    /// Whose credential signs it.
    pub signer: usize,
    pub style: usize,
    pub weight: u64,
    pub choices: Vec<Choice>,
    pub previous: Option<Tracker>,
    pub seed: u64,
}

impl Ballot<'_> {
    /// The choices by identifiers.
    #[must_use]
    pub fn choices(&self) -> Choices {
        named(zip(self.election.options.styles[self.style].iter().copied(), &self.choices))
    }

    /// The ballot style and the weight that the ballot is made for.
    #[must_use]
    pub fn entitlement(&self) -> Entitlement {
        Entitlement { style: self.style, weight: self.weight }
    }

    /// The ballot, encrypted and proved, but not signed.
    ///
    /// # Panics
    ///
    /// If the rules do not allow the choices.
    #[must_use]
    pub fn prepare(&self) -> PreparedBallot {
        let credential = self.election.credentials[self.voter].key_pair();
        self.prepare_with(BallotSeed::derive(credential, 0, &mut TestRng(self.seed)))
    }

    /// The prepared ballot of another seed.
    ///
    /// # Panics
    ///
    /// If the rules do not allow the choices.
    #[must_use]
    pub fn prepare_with(&self, seed: BallotSeed) -> PreparedBallot {
        let Self { election, voter, previous, .. } = self;
        let public = election.credentials[*voter].public();
        PreparedBallot::prepare(&election.context, public, self.entitlement(), self.choices(), *previous, seed)
            .expect("choices that the rules allow")
    }

    /// The ballot, prepared and signed.
    #[must_use]
    pub fn cast(&self) -> SignedBallot {
        let signer = self.election.credentials[self.signer].key_pair();
        self.prepare().cast(&self.election.context, signer, &mut TestRng(self.seed ^ 0x51))
    }

    /// The tracker of the ballot.
    #[must_use]
    pub fn tracker(&self) -> Tracker {
        *self.prepare().tracker()
    }
}

/// Choices in contests, which are called `c0`, `c1`, ..
pub fn named<'a>(choices: impl IntoIterator<Item = (usize, &'a Choice)>) -> Choices {
    let mut named = Choices::new();
    for (contest, choice) in choices {
        named.mark(&format!("c{contest}"), choice.mark());
    }
    named
}

/// A board that grows, the files of its record, and what honest voters chose.
#[derive(Clone)]
#[allow(missing_docs)]
pub struct Board<'a> {
    pub election: &'a Election,
    /// The entries, which a dishonest board may change: they are signed when the record is taken.
    pub entries: Vec<Vec<u8>>,
    /// The files that are not the board's own.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What counts of each voter, in the contests of its style.
    pub chosen: BTreeMap<usize, Vec<Choice>>,
    /// The tracker of the last ballot of each voter.
    pub heads: BTreeMap<usize, Tracker>,
    /// The number of changes of the roll.
    pub changes: u32,
    rng: u64,
}

impl Board<'_> {
    /// Randomness that no earlier step had, from the seed of the election.
    pub fn rng(&mut self) -> TestRng {
        self.rng = self.rng.wrapping_add(0x1_0000_0001);
        TestRng(self.rng)
    }

    /// Appends an entry, and returns its index.
    ///
    /// # Panics
    ///
    /// If there is no such entry.
    pub fn push(&mut self, kind: EntryKind, body: &[u8]) -> u64 {
        self.push_bytes(Entry::new(kind, body).expect("an entry").encode())
    }

    /// Appends any bytes as an entry.
    pub fn push_bytes(&mut self, entry: Vec<u8>) -> u64 {
        self.entries.push(entry);
        self.entries.len() as u64 - 1
    }

    /// Publishes a file and appends the entry that points to it.
    ///
    /// # Panics
    ///
    /// If there are no such files.
    pub fn push_file(&mut self, kind: EntryKind, author: u16, file: &[u8]) -> u64 {
        let path = match kind {
            EntryKind::Ceremony => record::ceremony_path(&FileHash::of(file)),
            EntryKind::PartialDecryption => record::decryption_path(&FileHash::of(file)),
            EntryKind::Publication => record::FILE_LIST.into(),
            _ => panic!("{kind:?} is no pointer"),
        };
        self.files.insert(path, file.to_vec());
        self.push(kind, &Pointer::to_file(author, file).expect("a pointer").encode())
    }

    /// A credential authority, counted from 1, signs the roll.
    ///
    /// # Panics
    ///
    /// If there is no such authority.
    pub fn sign_roll(&mut self, authority: u16) -> u64 {
        let (election, mut rng) = (self.election, self.rng());
        let (authority, key) = AuthorityIndex::find(authority, &election.authorities).unwrap();
        let fingerprint = election.context.fingerprint();
        if !election.context.manifest().has_parts() {
            let signature = RollSignature::sign(authority, fingerprint, key, &mut rng);
            return self.push(EntryKind::RollSignature, &signature.encode());
        }
        let parts = election.parts_file(authority.get());
        self.sign_roll_with(authority, parts)
    }

    /// One of several credential authorities publishes this file of parts, and signs the roll with it.
    ///
    /// # Panics
    ///
    /// If there is no such authority.
    pub fn sign_roll_with(&mut self, authority: AuthorityIndex, parts: Vec<u8>) -> u64 {
        let (election, mut rng) = (self.election, self.rng());
        let key = &election.authorities[usize::from(authority.get()) - 1];
        let (fingerprint, hash) = (election.context.fingerprint(), FileHash::of(&parts));
        let signature = RollSignature::sign_with_parts(authority, fingerprint, &hash, key, &mut rng);
        self.files.insert(record::parts_path(authority), parts);
        self.push(EntryKind::RollSignature, &signature.encode())
    }

    /// Opens or closes the voting.
    pub fn organise(&mut self, action: Action) -> u64 {
        let (election, mut rng) = (self.election, self.rng());
        let entry = OrganiserEntry::sign(action, election.context.fingerprint(), &election.organiser, &mut rng);
        self.push(action.kind(), &entry.encode())
    }

    /// Cancels the election.
    pub fn cancel(&mut self) -> u64 {
        let (election, mut rng) = (self.election, self.rng());
        let reason = "The ballot lacks a candidate";
        let entry = Cancellation::sign(election.context.fingerprint(), reason, &election.organiser, &mut rng);
        self.push(EntryKind::Cancellation, &entry.expect("a line of text").encode())
    }

    /// A change of the roll that all credential authorities sign. Voters are named by their numbers.
    ///
    /// # Panics
    ///
    /// If there is no such voter, or the reason does not fit.
    pub fn make_change(
        &mut self,
        sequence: u32,
        reason: ChangeReason,
        revokes: Option<usize>,
        adds: Option<usize>,
    ) -> RollChange {
        let (election, mut rng) = (self.election, self.rng());
        let (manifest, fingerprint) = (election.context.manifest(), election.context.fingerprint());
        let revoked = revokes.map(|voter| *election.credentials[voter].public().as_bytes());
        let added = adds.map(|voter| election.rights(voter)).map(|(style, weight)| Entitlement { style, weight });
        let mut draft = ChangeDraft::new(manifest, fingerprint, sequence, reason, revoked, added).expect("a change");
        if let Some(voter) = adds {
            for (authority, parts) in AuthorityIndex::enumerate(&election.parts) {
                draft.add_part(authority, &parts[voter], &mut rng).expect("a part");
            }
        }
        for (authority, key) in AuthorityIndex::enumerate(&election.authorities) {
            draft.sign(manifest, authority, key, &mut rng).expect("a signature");
        }
        draft.change().expect("a signed change")
    }

    /// All credential authorities change the roll.
    pub fn change(&mut self, reason: ChangeReason, revokes: Option<usize>, adds: Option<usize>) -> u64 {
        self.changes += 1;
        let change = self.make_change(self.changes, reason, revokes, adds);
        self.push(EntryKind::RollChange, &change.encode())
    }

    /// An honest voter votes, again if it has voted before.
    pub fn vote(&mut self, voter: usize, choices: &[Choice]) -> u64 {
        let ballot = Ballot {
            previous: self.heads.get(&voter).copied(),
            seed: self.rng().next_u64(),
            ..self.election.ballot(voter, choices)
        };
        let ballot = ballot.cast();
        self.heads.insert(voter, *ballot.tracker());
        self.chosen.insert(voter, choices.to_vec());
        self.push(EntryKind::Ballot, &ballot.to_bytes())
    }

    /// A ballot that no honest voter cast, or not here: nobody counts it.
    pub fn push_ballot(&mut self, ballot: &[u8]) -> u64 {
        self.push(EntryKind::Ballot, ballot)
    }

    /// Every voter votes once.
    pub fn everybody_votes(&mut self) {
        for voter in 0..self.election.options.voters.len() {
            let choices = self.election.any_choices(voter, &mut self.rng());
            self.vote(voter, &choices);
        }
    }

    /// The head of the board as it is.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        self.entries.iter().map(|entry| leaf_hash(entry)).collect::<Frontier>().head()
    }

    /// The place of an entry, as reports of verifiers name it.
    ///
    /// # Panics
    ///
    /// If there is no such entry.
    #[must_use]
    pub fn place(&self, index: u64) -> Place {
        let position = (index / u64::from(TILE_WIDTH)) as usize;
        let file = bundle_paths(self.entries.len() as u64).nth(position).expect("an entry").to_string();
        Place::Entry { index, file }
    }

    /// The record, with the board signed as it is.
    #[must_use]
    pub fn record(&self) -> MemoryRecord {
        let Election { context, signer, roll, .. } = self.election;
        let mut files = self.files.clone();
        files.insert(record::MANIFEST.into(), context.manifest().bytes().to_vec());
        files.insert(record::ROLL.into(), roll.clone());
        files.insert(record::CHECKPOINT.into(), signer.sign_checkpoint(&self.head()).to_string().into_bytes());
        for (path, bundle) in zip(bundle_paths(self.entries.len() as u64), self.entries.chunks(TILE_WIDTH.into())) {
            files.insert(path.to_string(), encode_bundle(bundle).expect("a bundle"));
        }
        MemoryRecord { files }
    }

    /// Verifies the record as far as a trustee does, and returns the tally.
    ///
    /// # Panics
    ///
    /// If the board is not closed.
    #[must_use]
    pub fn tally(&self) -> EncryptedTally {
        let options = VerifyOptions { stage: Stage::Closed, ..VerifyOptions::default() };
        verify(&self.record(), &options, &|_| (), &mut TestRng(3)).tally.expect("a closed board")
    }

    /// The statement of a trustee, counted from 1, about a tally.
    pub fn statement(&mut self, tally: &EncryptedTally, trustee: u16) -> ClosingStatement {
        let key = &self.election.trustee_keys[usize::from(trustee) - 1];
        ClosingStatement::sign(tally, trustee, key, &mut self.rng())
    }

    /// As many trustees as the closing rule asks for state what they are going to decrypt; or the witnesses cosign the
    /// checkpoint at the close.
    ///
    /// # Panics
    ///
    /// If they refuse.
    pub fn state(&mut self) -> (EncryptedTally, Vec<ClosingStatement>, Option<SignedCheckpoint>) {
        let (tally, election) = (self.tally(), self.election);
        match election.options.closing {
            Closing::Statements => {
                let needed = election.context.manifest().trustees().statements_needed() as u16;
                let state = |trustee| self.statement(&tally, trustee);
                let statements: Vec<_> = (1..=needed).map(state).collect();
                for statement in &statements {
                    self.push(EntryKind::ClosingStatement, &statement.to_bytes());
                }
                (tally, statements, None)
            }
            Closing::Witnesses => {
                let checkpoint = self.closing_checkpoint(&tally, election.options.witnesses.1);
                self.files.insert(record::CLOSING_CHECKPOINT.into(), checkpoint.to_string().into_bytes());
                (tally, Vec::new(), Some(checkpoint))
            }
        }
    }

    /// The checkpoint at the close with the cosignatures of the first witnesses.
    ///
    /// # Panics
    ///
    /// If there are fewer witnesses.
    #[must_use]
    pub fn closing_checkpoint(&self, tally: &EncryptedTally, witnesses: usize) -> SignedCheckpoint {
        let close = tally.close();
        let signer = &self.election.signer;
        let mut signed = signer.sign_checkpoint(&TreeHead { size: close.size, root: close.root });
        let checkpoint = signed.verify(signer.key()).expect("the board's own checkpoint").clone();
        for witness in &self.election.witnesses[..witnesses] {
            signed.add_cosignature(witness.cosign(&checkpoint, 1_800_000_000).expect("a time"));
        }
        signed
    }

    /// The tally, for which the closing rule is fulfilled.
    ///
    /// # Panics
    ///
    /// If it is not fulfilled.
    pub fn closed_tally(&mut self) -> ClosedTally {
        let (tally, statements, checkpoint) = self.state();
        let manifest = self.election.context.manifest();
        ClosedTally::check(manifest, tally, &statements, checkpoint.as_ref(), &mut self.rng()).expect("a closed tally")
    }

    /// The partial decryption of a trustee, counted from 1.
    ///
    /// # Panics
    ///
    /// If it refuses.
    pub fn partial_decryption(&mut self, closed: &ClosedTally, trustee: u16) -> PartialDecryption {
        let Election { context, joint_key, shares, trustee_keys, .. } = self.election;
        let (shares, key) = (&shares[usize::from(trustee) - 1], &trustee_keys[usize::from(trustee) - 1]);
        PartialDecryption::decrypt(context, joint_key, closed, shares, key, &mut self.rng())
            .expect("a partial decryption")
    }

    /// The trustees of these indices decrypt.
    pub fn decrypt(&mut self, closed: &ClosedTally, trustees: impl IntoIterator<Item = u16>) {
        for trustee in trustees {
            let bytes = self.partial_decryption(closed, trustee).to_bytes();
            self.push_file(EntryKind::PartialDecryption, trustee, &bytes);
        }
    }

    /// Publishes the result that follows from the record, if one does, and the list of the files.
    pub fn publish(&mut self) {
        let mut files = vec![(record::README, b"# The record\n".to_vec())];
        if let Some(result) = verify(&self.record(), &VerifyOptions::default(), &|_| (), &mut TestRng(2)).report.result
        {
            files.push((record::RESULT, result.to_bytes().expect("a result")));
        }
        if let Some(checkpoint) = self.files.get(record::CLOSING_CHECKPOINT) {
            files.push((record::CLOSING_CHECKPOINT, checkpoint.clone()));
        }
        let mut list = FileList::default();
        for (path, bytes) in files {
            list.add(path, &bytes);
            self.files.insert(path.into(), bytes);
        }
        self.push_file(EntryKind::Publication, 0, list.to_string().as_bytes());
    }

    /// Closes the voting; the threshold of trustees decrypts; the result is published.
    pub fn finish(&mut self) {
        self.organise(Action::Close);
        self.finish_closed();
    }

    /// What follows the close.
    pub fn finish_closed(&mut self) {
        let closed = self.closed_tally();
        self.decrypt(&closed, 1..=self.election.options.threshold);
        self.publish();
    }

    /// Verifies the complete record.
    #[must_use]
    pub fn verify(&self) -> Verification {
        verify_record(&self.record())
    }

    /// What the honest ballots add up to, counted in clear, in contests that are not withheld.
    #[must_use]
    pub fn expected(&self) -> Vec<Count> {
        let ElectionOptions { contests, styles, privacy, .. } = &self.election.options;
        let mut expected: Vec<Count> = contests.iter().map(Count::zero).collect();
        let mut weights = vec![BTreeMap::<u64, u64>::new(); contests.len()];
        for (voter, choices) in &self.chosen {
            let (style, weight) = self.election.rights(*voter);
            for (contest, choice) in zip(&styles[style], choices) {
                expected[*contest].add(&contests[*contest].0, choice, weight);
                *weights[*contest].entry(weight).or_default() += 1;
            }
        }
        let rare =
            |weights: BTreeMap<u64, u64>| weights.values().any(|count| *count < privacy.minimum_ballots_per_weight);
        let shown = |(count, weights): &(Count, BTreeMap<u64, u64>)| {
            count.ballots == 0 || count.ballots >= privacy.minimum_counted_ballots && !rare(weights.clone())
        };
        zip(expected, weights).filter(shown).map(|(count, _)| count).collect()
    }

    /// Shows that the record is valid, that every check saw what there was to see, and that the result is what was
    /// expected.
    ///
    /// # Panics
    ///
    /// If it is otherwise.
    pub fn expect_valid(&self) -> Verification {
        let verification = self.expect_failures(&[]);
        let ballots = self.entries.iter().filter(|entry| entry.get(2) == Some(&(EntryKind::Ballot as u8))).count();
        for check in &verification.report.checks {
            if check.check.slug().starts_with("ballot.") {
                assert_eq!(check.items, ballots as u64, "{}", check.check);
            } else {
                let not_asked = match check.check {
                    CheckId::PinnedFingerprint | CheckId::PinnedCheckpoint => true,
                    CheckId::RollChanges => self.changes == 0,
                    CheckId::TallySums => self.election.options.closing == Closing::Witnesses,
                    CheckId::Parts => self.election.options.authorities == 1,
                    _ => false,
                };
                assert_eq!(
                    (check.items == 0, check.status == Status::NotAsked),
                    (not_asked, not_asked),
                    "{}",
                    check.check
                );
            }
        }
        verification
    }

    /// Shows that the record has exactly these failures, and that the result is nevertheless the expected one.
    ///
    /// # Panics
    ///
    /// If it is otherwise.
    pub fn expect_failures(&self, expected: &[(CheckId, Place, String)]) -> Verification {
        let verification = self.verify();
        assert_eq!(failures(&verification), expected, "{}", verification.report);
        assert_eq!(verification.report.verdict == Some(Verdict::Holds), expected.is_empty(), "{}", verification.report);
        assert_eq!(counted(&verification), Some(self.expected()));
        verification
    }
}

/// Verifies a complete record, in one piece and in shards: one finds what the others find.
///
/// # Panics
///
/// If they differ.
#[must_use]
pub fn verify_record(record: &dyn RecordSource) -> Verification {
    let options = VerifyOptions::default();
    let verification = verify(record, &options, &|_| (), &mut TestRng(2));
    for count in [1, 2, 5] {
        let again = verify_in_shards(record, &options, count, &mut TestRng(count));
        assert_eq!(summary(&again), summary(&verification), "{count} shards");
    }
    verification
}

/// Verifies a record in shards that know nothing but the bytes of the plan, and end in any order.
///
/// # Panics
///
/// If plan or parts do not survive being written and read.
#[must_use]
pub fn verify_in_shards(
    record: &dyn RecordSource,
    options: &VerifyOptions,
    count: u64,
    rng: &mut TestRng,
) -> Verification {
    let selected = select(record, options, &|_| (), rng);
    let part = selected.plan().map(|plan| {
        let bytes = plan.to_bytes();
        let worker = ShardPlan::open(record, &bytes, rng).expect("a plan");
        assert_eq!(worker.to_bytes(), bytes);
        let mut ranges = plan.ranges(count);
        for place in (1..ranges.len()).rev() {
            ranges.swap(place, rng.below(place + 1));
        }
        let parts = ranges.into_iter().map(|range| {
            let part = verify_shard(record, &worker, range, &|_| (), rng).expect("a range").to_bytes();
            let read = PartialVerification::from_bytes(plan, &part).expect("a part");
            assert_eq!(read.to_bytes(), part);
            read
        });
        merge_all(parts).expect("parts that make a whole")
    });
    finish(record, selected, part, &|_| (), rng).expect("the whole board")
}

/// Everything that a verification says.
#[must_use]
pub fn summary(verification: &Verification) -> String {
    let Verification { report, head, tally, statements, totals, .. } = verification;
    let digest = tally.as_ref().map(|tally| (tally.digest(), tally.ballots(), tally.weight()));
    let withheld: Option<Vec<_>> = tally.as_ref().map(|tally| tally.contests().iter().map(|it| it.withheld).collect());
    format!("{report:?} {head:?} {digest:?} {withheld:?} {} {totals:?}", statements.len())
}

/// What a verification found wrong, in its order.
#[must_use]
pub fn failures(verification: &Verification) -> Vec<(CheckId, Place, String)> {
    let failures = verification.report.failures.iter();
    failures.map(|failure| (failure.check, failure.place.clone(), failure.problem.clone())).collect()
}
