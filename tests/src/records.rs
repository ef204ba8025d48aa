//! Two closed records, one for each closing, and every value between their bytes and their result.
//!
//! The values are computed from the bytes of the record: digests and transcripts by hand, group operations and forms by the
//! library.

#![allow(non_snake_case)]

use std::iter::zip;

use ballotta::SUITE;
use ballotta::board::entry::Action;
use ballotta::board::tiles::{bundle_paths, decode_bundle};
use ballotta::decision::Winners;
use ballotta::group::{Element, PublicElement, Scalar, hash_to_group};
use ballotta::index::{AuthorityIndex, TrusteeIndex};
use ballotta::manifest::{Closing, Privacy, Quorum, QuorumBase, QuorumOf, QuorumRule, RollChanges, Ties};
use ballotta::merkle::{Frontier, leaf_hash};
use ballotta::record::{self, MemoryRecord, WithheldReason};
use ballotta::transcript::ProofTranscript;
use ballotta::verifier::{Verification, VerifyOptions, verify};
use ballotta_testkit::kinds::score;
use merlin::Transcript;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256, Sha512};

use crate::election::{Board, Choice, Election, ElectionOptions, YES_OR_NO, choose};
use crate::rng::TestRng;
use crate::sigma::{combine, schnorr_challenge};
use crate::{framed, tagged};

/// The election that is closed in one of the two ways.
///
/// The voters of the first have different weights and three ballots each, and both of its trustees are needed. In the second, one of the contests
/// is withheld, one of two trustees is enough, nobody may vote twice, and the roll may change.
#[must_use]
pub fn election(closing: Closing) -> Election {
    Election::build(match closing {
        Closing::Statements => ElectionOptions {
            contests: vec![(YES_OR_NO, 2), (choose(0, 2, true), 3)],
            styles: vec![vec![0, 1], vec![1]],
            voters: vec![(0, 1), (0, 3), (0, 1), (1, 1), (1, 2)],
            trustees: 2,
            threshold: 2,
            closing,
            ballots_per_credential: 3,
            attachments: vec!["The text of the motion.\n", "The statement of a candidate.\n"],
            quorum: Some(Quorum {
                of: QuorumOf::Weight,
                base: QuorumBase::Roll,
                rule: QuorumRule::MoreThan,
                fraction: [1, 2],
            }),
            seed: 41,
            ..ElectionOptions::default()
        },
        Closing::Witnesses => ElectionOptions {
            contests: vec![(choose(1, 1, false), 3), (score(5, None, true), 2)],
            styles: vec![vec![0], vec![0, 1]],
            voters: vec![(0, 1), (1, 1), (0, 1), (0, 1), (0, 1)],
            authorities: 2,
            late: vec![(0, 1), (0, 1), (0, 1), (1, 1)],
            roll_changes: Some(RollChanges { number: 3, weight: 3 }),
            trustees: 2,
            threshold: 1,
            ballots_per_credential: 1,
            // Two options tie for one place.
            winners: vec![(0, Winners { number: 1, groups: vec![] })],
            ties: Ties::Lot,
            closing,
            witnesses: (3, 2),
            privacy: Privacy { minimum_counted_ballots: 2, minimum_ballots_per_weight: 1 },
            seed: 42,
            ..ElectionOptions::default()
        },
    })
}

/// The votes, until the voting is closed: in the first election one of the voters votes twice and one does not vote.
pub fn vote(board: &mut Board<'_>) {
    let options = |options: &[usize]| Choice::Options(options.to_vec());
    match board.election.options.closing {
        Closing::Statements => {
            board.vote(0, &[options(&[0]), options(&[0, 1])]);
            board.vote(1, &[options(&[1]), options(&[])]);
            board.vote(3, &[options(&[2])]);
            board.vote(0, &[options(&[1]), Choice::Blank]);
            board.vote(2, &[options(&[0]), options(&[1])]);
        }
        Closing::Witnesses => {
            for (voter, option) in zip([4, 0, 2, 3], [0, 2, 1, 0]) {
                board.vote(voter, &[options(&[option])]);
            }
            board.vote(1, &[options(&[2]), Choice::Points(vec![(0, 5), (1, 2)])]);
        }
    }
}

/// What follows the votes: all trustees decrypt, the last one first.
pub fn finish(board: &mut Board<'_>) {
    board.organise(Action::Close);
    let closed = board.closed_tally();
    let trustees = board.election.options.trustees;
    board.decrypt(&closed, (1..=trustees).rev());
    board.publish();
}

/// The whole election.
#[must_use]
pub fn closed(election: &Election) -> Board<'_> {
    let mut board = election.open_board();
    vote(&mut board);
    finish(&mut board);
    board
}

/// The name of the record in the folder of the vectors.
#[must_use]
pub const fn name(closing: Closing) -> &'static str {
    match closing {
        Closing::Statements => "statements",
        Closing::Witnesses => "witnesses",
    }
}

fn text(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(bytes)
}

fn element(element: &Element) -> String {
    text(element.to_bytes())
}

fn scalar(scalar: &Scalar) -> String {
    text(scalar.to_bytes())
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The beginning of a transcript, by hand.
fn begin(domain: &str, context: &'static [u8], digest: &[u8]) -> Transcript {
    let mut transcript = Transcript::new(SUITE.as_bytes());
    transcript.append_message(b"dom-sep", domain.as_bytes());
    transcript.append_message(context, digest);
    transcript
}

/// Bytes that are taken apart from the front.
struct Cut<'a>(&'a [u8]);

impl<'a> Cut<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.take(2).try_into().expect("2 bytes"))
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take(8).try_into().expect("8 bytes"))
    }

    fn element(&mut self) -> Element {
        let bytes = self.take(32).try_into().expect("32 bytes");
        Element::from_canonical(bytes).expect("an element")
    }

    fn scalar(&mut self) -> Scalar {
        let bytes = self.take(32).try_into().expect("32 bytes");
        Scalar::from_canonical(bytes).expect("a scalar")
    }

    fn elements(&mut self, count: usize) -> Vec<Element> {
        (0..count).map(|_| self.element()).collect()
    }
}

/// The challenge of a Schnorr proof, whose equation is checked. The transcript goes on after it.
fn schnorr(transcript: &Transcript, P: &Element, proof: &[u8]) -> String {
    let mut proof = Cut(proof);
    let (K, s) = (proof.element(), proof.scalar());
    let c = schnorr_challenge(transcript, None, P, &K);
    assert_eq!(Element::mul_generator(&s), K + P * &c, "a proof of the record");
    scalar(&c)
}

/// The values of a proof of equality, whose equations are checked.
fn equality(mut transcript: Transcript, R: &Element, Y: &[Element], D: &[Element], proof: &[u8]) -> Value {
    let mut proof = Cut(proof);
    let (A, B, z) = (proof.element(), proof.element(), proof.scalar());
    transcript.append_message(b"R", &R.to_bytes());
    transcript.append_message(b"n", &(Y.len() as u64).to_le_bytes());
    for (Y, D) in zip(Y, D) {
        transcript.append_message(b"Y", &Y.to_bytes());
        transcript.append_message(b"D", &D.to_bytes());
    }
    let w = transcript.challenge_scalar(b"w");
    transcript.append_message(b"A", &A.to_bytes());
    transcript.append_message(b"B", &B.to_bytes());
    let c = transcript.challenge_scalar(b"c");
    let (Y_star, D_star) = (combine(&w, Y), combine(&w, D));
    assert_eq!(Element::mul_generator(&z), A + &Y_star * &c, "a proof of the record");
    assert_eq!(R * &z, B + &D_star * &c, "a proof of the record");
    json!({
        "D": D.iter().map(element).collect::<Vec<_>>(), "w": scalar(&w), "Y_star": element(&Y_star),
        "D_star": element(&D_star), "A": element(&A), "B": element(&B), "c": scalar(&c), "z": scalar(&z),
    })
}

/// A record with everything that verifiers compute from it.
struct Values<'a> {
    election: &'a Election,
    record: MemoryRecord,
    entries: Vec<Vec<u8>>,
    verification: Verification,
}

/// Every value between the bytes of a closed record and its result.
///
/// # Panics
///
/// If the record is not valid.
#[must_use]
pub fn values(board: &Board<'_>) -> Value {
    let record = board.record();
    let verification = verify(&record, &VerifyOptions::default(), &|_| (), &mut TestRng(2));
    assert!(verification.report.holds(), "{}", verification.report);
    Values { election: board.election, record, entries: board.entries.clone(), verification }.json()
}

/// The root of a Merkle tree over these leaf hashes.
fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => sha256(&[]),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            sha256(&[&[1], root(left).as_slice(), &root(right)].concat())
        }
    }
}

impl Values<'_> {
    fn json(&self) -> Value {
        let context = &self.election.context;
        let (manifest, fingerprint) = (context.manifest(), context.fingerprint());
        let joint_key = &self.election.joint_key;
        let keys: Vec<u8> = joint_key.keys().iter().flat_map(PublicElement::as_bytes).copied().collect();
        let joint_key = tagged("joint-key", &[joint_key.root().as_bytes(), &keys]);
        let blocks = self.roll_blocks();
        let roll_root = root(&blocks);
        let voters = self.roll_lines().len() as u64;
        let roll = tagged("roll", &[&voters.to_le_bytes(), &roll_root]);
        assert_eq!(tagged("fingerprint", &[manifest.hash().as_bytes(), &joint_key, &roll]), *fingerprint.as_bytes());
        let report = &self.verification.report;
        json!({
            "secrets": self.secrets(),
            "trustee_secrets": self.trustee_secrets(),
            "manifest_hash": text(tagged("manifest", &[manifest.bytes()])),
            "joint_key_hash": text(joint_key),
            "roll_blocks": blocks.iter().map(text).collect::<Vec<_>>(),
            "roll_root": text(roll_root),
            "roll_hash": text(roll),
            "ceremony": self.ceremony(),
            "fingerprint": fingerprint.to_string(),
            "written_fingerprint": fingerprint.written(),
            "credential_salt": text(tagged("credential", &[manifest.hash().as_bytes(), &joint_key])),
            "styles": self.styles(),
            "entries": self.log(),
            "bundles": bundle_paths(self.entries.len() as u64).map(|path| path.to_string()).collect::<Vec<_>>(),
            "checkpoint": self.checkpoint(record::CHECKPOINT),
            "closing_checkpoint": self.checkpoint(record::CLOSING_CHECKPOINT),
            "organiser": self.organiser(),
            "roll_signatures": self.roll_signatures(),
            "parts": self.parts(),
            "ballots": self.ballots(),
            "tally": self.tally(),
            "statements": self.statements(),
            "decryptions": self.decryptions(),
            "totals": self.totals(),
            "result_hash": text(sha256(&self.record.files[record::RESULT])),
            "report": serde_json::to_value(report).expect("a report as JSON"),
        })
    }

    fn secrets(&self) -> Value {
        let Election { organiser, authorities, board_seed, witness_seeds, trustee_seeds, codes, .. } = self.election;
        let seeds = |seeds: &[[u8; 32]]| seeds.iter().map(text).collect::<Vec<_>>();
        let authorities = authorities.iter().map(|key| scalar(key.secret().expose_scalar())).collect::<Vec<_>>();
        json!({
            "organiser": scalar(organiser.secret().expose_scalar()), "authorities": authorities, "board": text(board_seed),
            "witnesses": seeds(witness_seeds), "trustees": seeds(trustee_seeds), "codes": codes,
        })
    }

    /// What each trustee derives from its seed, and the shares that it sends and receives.
    fn trustee_secrets(&self) -> Value {
        let context = &self.election.context;
        let (manifest, seeds) = (context.manifest(), &self.election.trustee_seeds);
        let (count, slots) = (seeds.len(), manifest.slots());
        let messages: Vec<&[u8]> = self.election.ceremony.iter().map(|(_, message)| message.as_slice()).collect();
        let deals = &messages[2 * count..3 * count];
        let (roster, hash) = (&deals[0][5..37], manifest.hash().as_bytes());
        let nonces = |mut transcript: Transcript, seed: &[u8; 32]| {
            transcript.append_message(b"nonce-secret", seed);
            transcript.append_message(b"nonce-randomness", &[0; 32]);
            transcript
        };
        let without_context = || {
            let mut transcript = Transcript::new(SUITE.as_bytes());
            transcript.append_message(b"dom-sep", b"trustee-secrets");
            transcript
        };
        let encryption_key = |seed| {
            let mut transcript = begin("trustee-secrets", b"manifest", hash);
            transcript.append_message(b"attempt", &1_u64.to_le_bytes());
            nonces(transcript, seed).challenge_scalar(b"encryption-key")
        };
        let keys: Vec<Element> = seeds.iter().map(|seed| Element::mul_generator(&encryption_key(seed))).collect();
        let t = usize::from(manifest.trustees().threshold);
        let coefficients = |seed| -> Vec<Vec<Scalar>> {
            let mut drawn = nonces(begin("trustee-secrets", b"roster", roster), seed);
            (0..slots).map(|_| (0..t).map(|_| drawn.challenge_scalar(b"coefficient")).collect()).collect()
        };
        let share = |of_slot: &[Scalar], receiver: u64| {
            of_slot.iter().rev().fold(Scalar::ZERO, |sum, a| sum * Scalar::from(receiver) + *a)
        };
        let all: Vec<Vec<Vec<Scalar>>> = seeds.iter().map(coefficients).collect();
        let mut values = Vec::new();
        for (number, seed) in seeds.iter().enumerate() {
            let (trustee, deal) = (number as u64 + 1, deals[number]);
            let mut body = Cut(&deal[39..]);
            for a in all[number].iter().flatten() {
                assert_eq!(body.element(), Element::mul_generator(a), "a coefficient of the deal");
            }
            body.take(64);
            let mut sent = Vec::new();
            for (receiver, Y) in zip(1_u64.., &keys) {
                let plaintext: Vec<u8> =
                    all[number].iter().flat_map(|of_slot| share(of_slot, receiver).to_bytes()).collect();
                let named = |domain| {
                    let mut transcript = begin(domain, b"roster", roster);
                    transcript.append_message(b"trustee", &trustee.to_le_bytes());
                    transcript.append_message(b"receiver", &receiver.to_le_bytes());
                    transcript
                };
                let mut drawn = named("trustee-secrets");
                drawn.append_message(b"shares", &plaintext);
                let e = nonces(drawn, seed).challenge_scalar(b"ephemeral");
                let E = body.element();
                assert_eq!(E, Element::mul_generator(&e), "an ephemeral key of the deal");
                let mut transcript = named("share-encryption");
                transcript.append_message(b"E", &E.to_bytes());
                transcript.append_message(b"Y", &Y.to_bytes());
                transcript.append_message(b"K", &(Y * &e).to_bytes());
                let mut key = [0; 32];
                transcript.challenge_bytes(b"key", &mut key);
                body.take(64);
                sent.push(json!({
                    "receiver": receiver, "plaintext": text(plaintext), "e": scalar(&e), "key": text(key),
                    "ciphertext": text(body.take(32 * slots + 16)),
                }));
            }
            let received =
                |slot: usize| -> Scalar { all.iter().map(|of_dealer| share(&of_dealer[slot], trustee)).sum() };
            let shares: Vec<Scalar> = (0..slots).map(received).collect();
            for (share, key) in zip(&shares, self.verification_keys(number + 1)) {
                assert_eq!(Element::mul_generator(share), key, "a share of the joint key");
            }
            let signing = nonces(without_context(), seed).challenge_scalar(b"signing-key");
            assert_eq!(Element::mul_generator(&signing), *self.trustee_key(number as u16 + 1));
            let of_slot = |of_slot: &Vec<Scalar>| of_slot.iter().map(scalar).collect::<Vec<_>>();
            values.push(json!({
                "trustee": trustee, "signing_key": scalar(&signing), "encryption_key": scalar(&encryption_key(seed)),
                "coefficients": all[number].iter().map(of_slot).collect::<Vec<_>>(), "sent": sent,
                "shares": shares.iter().map(scalar).collect::<Vec<_>>(),
            }));
        }
        values.into()
    }

    /// The bodies of the entries of a kind, with their positions.
    fn of_kind(&self, kind: u8) -> impl Iterator<Item = (usize, Cut<'_>)> {
        let entries = self.entries.iter().enumerate();
        entries.filter(move |(_, entry)| entry[2] == kind).map(|(index, entry)| (index, Cut(&entry[3..])))
    }

    fn ceremony(&self) -> Value {
        let context = &self.election.context;
        let (manifest, joint_key) = (context.manifest(), &self.election.joint_key);
        let members = &manifest.trustees().members;
        let (count, t, slots) = (members.len(), usize::from(manifest.trustees().threshold), manifest.slots());
        let messages: Vec<&[u8]> = self.election.ceremony.iter().map(|(_, message)| message.as_slice()).collect();
        let kind = |number: usize| &messages[number * count..(number + 1) * count];
        let hash = manifest.hash().as_bytes();
        let numbers = [count as u64, t as u64, slots as u64].map(u64::to_le_bytes);
        let (attempt, one) = (1_u32.to_le_bytes(), 1_u64.to_le_bytes());
        let mut parts: Vec<&[u8]> = vec![hash, &numbers[0], &numbers[1], &numbers[2], &attempt];
        for (member, registration) in zip(members, kind(0)) {
            parts.extend([member.key.as_bytes().as_slice(), registration]);
        }
        let roster = tagged("roster", &parts);
        let deals: Vec<[u8; 32]> = kind(2).iter().map(|deal| sha256(deal)).collect();
        let mut parts: Vec<&[u8]> = vec![&roster];
        parts.extend(deals.iter().map(<[u8; 32]>::as_slice));
        let root = tagged("ceremony", &parts);
        assert_eq!(root, *joint_key.root().as_bytes());

        let mut described = Vec::new();
        for (number, message) in messages.iter().enumerate() {
            let (step, trustee) = (number / count, number % count + 1);
            let key = members[trustee - 1].key.element();
            let author = (trustee as u64).to_le_bytes();
            let (signed, signature) = message.split_at(message.len() - 64);
            let mut transcript = match step {
                0 => begin("trustee-registration", b"manifest", hash),
                _ => begin("ceremony-message", b"roster", &roster),
            };
            if step == 0 {
                transcript.append_message(b"attempt", &one);
            }
            transcript.append_message(b"trustee", &author);
            transcript.append_message(b"message", signed);
            let mut value = json!({
                "kind": message[2], "trustee": trustee, "hash": text(sha256(message)),
                "signature_c": schnorr(&transcript, key, signature),
            });
            let mut body = Cut(&signed[if step == 0 { 5 } else { 37 }..]);
            match step {
                0 => {
                    let mut transcript = begin("encryption-key-possession", b"manifest", hash);
                    transcript.append_message(b"attempt", &one);
                    transcript.append_message(b"trustee", &author);
                    let key = body.element();
                    value["possession_c"] = schnorr(&transcript, &key, body.take(64)).into();
                }
                2 => {
                    body.u16();
                    let A = body.elements(slots * t);
                    let mut transcript = begin("deal-possession", b"roster", &roster);
                    transcript.append_message(b"trustee", &author);
                    transcript.append_message(b"t", &(t as u64).to_le_bytes());
                    A.iter().for_each(|A| transcript.append_message(b"A", &A.to_bytes()));
                    let w = transcript.challenge_scalar(b"w");
                    let terms: Vec<Element> = A.iter().step_by(t).copied().collect();
                    let P = combine(&w, &terms);
                    value["w"] = scalar(&w).into();
                    value["P"] = element(&P).into();
                    value["possession_c"] = schnorr(&transcript, &P, body.take(64)).into();
                    let ephemeral = |receiver: u64| {
                        let mut transcript = begin("share-ephemeral", b"roster", &roster);
                        transcript.append_message(b"trustee", &author);
                        transcript.append_message(b"receiver", &receiver.to_le_bytes());
                        let E = body.element();
                        let c = schnorr(&transcript, &E, body.take(64));
                        body.take(32 * slots + 16);
                        c
                    };
                    value["ephemeral_c"] = (1..=count as u64).map(ephemeral).collect();
                }
                3 => {
                    body.take(32);
                    let D = body.elements(slots);
                    let R = hash_to_group("backup-test", &[&root, &(trustee as u16).to_le_bytes()]);
                    let mut transcript = begin("backup-decryption", b"roster", &roster);
                    transcript.append_message(b"root", &root);
                    transcript.append_message(b"trustee", &author);
                    value["R"] = element(&R).into();
                    value["equality"] = equality(transcript, &R, &self.verification_keys(trustee), &D, body.0);
                }
                _ => {}
            }
            described.push(value);
        }
        let verification_keys = |trustee| self.verification_keys(trustee).iter().map(element).collect::<Vec<_>>();
        json!({
            "messages": described, "roster": text(roster), "root": text(root),
            "joint_key": joint_key.keys().iter().map(|key| text(key.as_bytes())).collect::<Vec<_>>(),
            "verification_keys": (1..=count).map(verification_keys).collect::<Vec<_>>(),
        })
    }

    fn verification_keys(&self, trustee: usize) -> Vec<Element> {
        let context = &self.election.context;
        let (index, _) = TrusteeIndex::find(trustee as u16, &context.manifest().trustees().members).expect("a trustee");
        let keys = self.election.joint_key.verification_keys(index).expect("a trustee of the ceremony");
        keys.iter().map(|key| *key.element()).collect()
    }

    fn styles(&self) -> Value {
        let context = &self.election.context;
        let style = |style: usize| {
            let compiled = context.style(style)?;
            let form = compiled.form();
            let keys = compiled.keys();
            let bytes: Vec<&[u8]> = keys.keys().iter().map(|key| key.as_bytes().as_slice()).collect();
            Some(json!({
                "bits": form.bits(), "slots": compiled.slots(), "form": text(form.digest().as_bytes()),
                "Y_digest": text(tagged("slot-keys", &bytes)),
            }))
        };
        (0..).map_while(style).collect()
    }

    fn log(&self) -> Value {
        let mut frontier = Frontier::new();
        let entry = |entry: &Vec<u8>| {
            let leaf = leaf_hash(entry);
            assert_eq!(*leaf.as_bytes(), sha256(&[&[0], entry.as_slice()].concat()));
            frontier.push(leaf);
            json!({ "kind": entry[2], "leaf": text(leaf.as_bytes()), "root": text(frontier.root().as_bytes()) })
        };
        let entries: Vec<Value> = self.entries.iter().map(entry).collect();
        let path = bundle_paths(self.entries.len() as u64).next().expect("a bundle").to_string();
        let read = decode_bundle(&self.record.files[&path], self.entries.len() as u16).expect("a bundle");
        assert_eq!(read, self.entries);
        entries.into()
    }

    fn checkpoint(&self, path: &str) -> Value {
        let Some(bytes) = self.record.files.get(path) else { return Value::Null };
        let note = core::str::from_utf8(bytes).expect("a note");
        let (body, signatures) = note.split_once("\n\n").expect("a note with signatures");
        let manifest = self.election.context.manifest();
        let board = (self.election.signer.key().name(), manifest.board().key.as_bytes(), 1_u8);
        let witnesses = manifest.witnesses().members.iter().map(|it| (it.name.as_str(), it.key.as_bytes(), 4));
        let keys: Vec<_> = core::iter::once(board).chain(witnesses).collect();
        let signature = |line: &str| {
            let mut words = line.split(' ').skip(1);
            let (name, data) = (words.next().expect("a name"), words.next().expect("a signature"));
            let (_, key, kind) = keys.iter().find(|(known, ..)| *known == name).expect("a known key");
            let id = &sha256(&[name.as_bytes(), b"\n", &[*kind], key.as_slice()].concat())[..4];
            let data = base64(data);
            assert_eq!(id, &data[..4]);
            let signed = match kind {
                1 => format!("{body}\n"),
                _ => {
                    let time = u64::from_be_bytes(data[4..12].try_into().expect("a time"));
                    format!("cosignature/v1\ntime {time}\n{body}\n")
                }
            };
            json!({ "name": name, "key_id": text(id), "signed": signed, "signature": text(&data[data.len() - 64..]) })
        };
        json!({ "text": format!("{body}\n"), "signatures": signatures.lines().map(signature).collect::<Vec<_>>() })
    }

    fn organiser(&self) -> Value {
        let key = self.election.context.manifest().organiser().element();
        let mut values = Map::new();
        for (name, kind) in [("opening", 2_u8), ("closing", 4)] {
            let (index, mut body) = self.of_kind(kind).next().expect("an entry of the organiser");
            let mut transcript = begin("organiser-entry", b"fingerprint", body.take(32));
            transcript.append_message(b"action", &u64::from(kind).to_le_bytes());
            transcript.append_message(b"not-before", body.take(8));
            values.insert(name.into(), json!({ "index": index, "c": schnorr(&transcript, key, body.0) }));
        }
        values.into()
    }

    fn roll_signatures(&self) -> Value {
        let authorities = self.election.context.manifest().credential_authorities();
        let signature = |(index, mut body): (usize, Cut<'_>)| {
            let authority = body.u16();
            let mut transcript = begin("roll-signature", b"fingerprint", body.take(32));
            transcript.append_message(b"authority", &u64::from(authority).to_le_bytes());
            let key = authorities[usize::from(authority) - 1].key.element();
            if authorities.len() == 1 {
                return json!({ "index": index, "authority": authority, "c": schnorr(&transcript, key, body.0) });
            }
            let parts = body.take(32);
            transcript.append_message(b"parts", parts);
            let c = schnorr(&transcript, key, body.0);
            json!({ "index": index, "authority": authority, "parts": text(parts), "c": c })
        };
        self.of_kind(8).map(signature).collect()
    }

    /// The proof of each of several authorities that it knows its parts.
    fn parts(&self) -> Value {
        let manifest = self.election.context.manifest();
        let proof = |(authority, _): (AuthorityIndex, _)| {
            let file = self.record.files.get(&record::parts_path(authority))?;
            let (parts, proof) = file[12..].split_at(file.len() - 12 - 64);
            let digest = sha256(parts);
            let mut transcript = begin("credential-parts", b"manifest", manifest.hash().as_bytes());
            transcript.append_message(b"authority", &u64::from(authority.get()).to_le_bytes());
            transcript.append_message(b"lines", &(parts.len() as u64 / 32).to_le_bytes());
            transcript.append_message(b"parts", &digest);
            let mut seed = [0; 32];
            transcript.challenge_bytes(b"seed", &mut seed);
            let mut weights = Vec::new();
            for number in 0..(parts.len() / 32).div_ceil(4) as u64 {
                let number = number.to_le_bytes();
                let digest = Sha512::digest(framed(&[SUITE.as_bytes(), b"weights", &seed, &number]));
                let weight = |bytes: &[u8]| Scalar::from(u128::from_le_bytes(bytes.try_into().expect("16 bytes")));
                weights.extend(digest.chunks(16).map(weight));
            }
            weights.truncate(parts.len() / 32);
            let elements = Cut(parts).elements(weights.len());
            let total = Element::vartime_multiscalar(&weights, &elements);
            Some(json!({
                "authority": authority.get(), "digest": text(digest), "weights": weights.iter().map(scalar).collect::<Vec<_>>(),
                "P_star": element(&total), "c": schnorr(&transcript, &total, proof),
            }))
        };
        AuthorityIndex::enumerate(manifest.credential_authorities()).filter_map(proof).collect()
    }

    fn ballots(&self) -> Value {
        let context = &self.election.context;
        let fingerprint = context.fingerprint().as_bytes();
        let ballots: Vec<(usize, Cut<'_>)> = self.of_kind(3).collect();
        let credentials: Vec<&[u8]> = ballots.iter().map(|(_, ballot)| &ballot.0[44..76]).collect();
        let mut values = Vec::new();
        for (number, (index, mut ballot)) in ballots.into_iter().enumerate() {
            let (unsigned, signature) = ballot.0.split_at(ballot.0.len() - 64);
            ballot.take(34);
            let (style, weight) = (ballot.u16(), ballot.u64());
            let (credential, previous) = (ballot.take(32), ballot.take(32));
            let tracker = tagged("tracker", &[unsigned]);
            let mut signed = begin("ballot-signature", b"fingerprint", fingerprint);
            signed.append_message(b"tracker", &tracker);
            let key = Cut(credential).element();
            let compiled = context.style(style.into()).expect("a style");
            let mut transcript = begin("ballot-argument", b"fingerprint", fingerprint);
            transcript.append_message(b"credential", credential);
            transcript.append_message(b"form", compiled.form().digest().as_bytes());
            transcript.append_message(b"weight", &weight.to_le_bytes());
            transcript.append_message(b"Y", compiled.keys().digest().as_bytes());
            let R = ballot.take(32);
            transcript.append_message(b"R", R);
            transcript.append_message(b"C", ballot.take(32 * compiled.slots().len()));
            transcript.append_message(b"B", ballot.take(32));
            transcript.append_message(b"A", ballot.take(32));
            let rho = transcript.challenge_scalar(b"rho");
            transcript.append_message(b"E_R", ballot.take(32));
            transcript.append_message(b"E_C", ballot.take(32));
            let x = transcript.challenge_scalar(b"x");
            values.push(json!({
                "index": index, "style": style, "weight": weight, "credential": text(credential),
                "previous": text(previous), "R": text(R), "rho": scalar(&rho), "x": scalar(&x), "tracker": text(tracker),
                "signature_c": schnorr(&signed, &key, signature),
                "counts": !credentials[number + 1..].contains(&credential),
            }));
        }
        values.into()
    }

    /// The lines of the roll after the first, with their ends.
    fn roll_lines(&self) -> Vec<&[u8]> {
        self.election.roll.split_inclusive(|byte| *byte == b'\n').skip(1).collect()
    }

    /// The leaf hashes of the blocks of the roll.
    fn roll_blocks(&self) -> Vec<[u8; 32]> {
        self.roll_lines().chunks(32).map(|lines| sha256(&[&[0], lines.concat().as_slice()].concat())).collect()
    }

    /// The heads of the voters, in the order of the roll, and of the changes that the manifest allows, of which there are none: the
    /// position of the ballot that counts.
    fn heads(&self) -> Vec<Option<u64>> {
        let ballots = self.ballots();
        let counts = |line: &&[u8]| {
            let of_voter = |ballot: &&Value| ballot["credential"].as_str().map(str::as_bytes) == line.get(..64);
            let mut own = ballots.as_array().into_iter().flatten().filter(of_voter);
            own.find(|ballot| ballot["counts"] == true).and_then(|ballot| ballot["index"].as_u64())
        };
        let changes = self.election.options.roll_changes.map_or(0, |changes| changes.number);
        self.roll_lines().iter().map(counts).chain((0..changes).map(|_| None)).collect()
    }

    fn tally(&self) -> Value {
        let tally = self.verification.tally.as_ref().expect("a tally");
        let mut encoding = Vec::new();
        let mut contests = Vec::new();
        for contest in tally.contests() {
            encoding.extend(contest.ballots.to_le_bytes());
            encoding.extend(contest.weight.to_le_bytes());
            encoding.extend(contest.r.as_bytes());
            contest.c.iter().for_each(|c| encoding.extend(c.as_bytes()));
            contests.push(json!({
                "ballots": contest.ballots, "weight": contest.weight,
                "withheld": contest.withheld.map(WithheldReason::from),
                "R": text(contest.r.as_bytes()), "C": contest.c.iter().map(|c| text(c.as_bytes())).collect::<Vec<_>>(),
            }));
        }
        let digest = tagged("tally", &[&encoding]);
        assert_eq!(digest, *tally.digest().as_bytes());
        let close = tally.close();
        let heads = self.heads();
        let head = |index: &Option<u64>| index.map_or([0; 8], |index| (index << 8 | 1).to_le_bytes());
        let blocks = heads.chunks(256).map(|heads| {
            let block: Vec<u8> = heads.iter().flat_map(head).collect();
            sha256(&[&[0], block.as_slice()].concat())
        });
        let heads_root = root(&blocks.collect::<Vec<_>>());
        assert_eq!(heads_root, *tally.heads().as_bytes());
        json!({
            "heads": heads, "heads_root": text(heads_root), "contests": contests, "encoding": text(encoding), "digest": text(digest),
            "size": close.size, "root": text(close.root.as_bytes()),
        })
    }

    /// A transcript of a trustee about a tally.
    fn about(domain: &str, tally: &[u8]) -> Transcript {
        let mut tally = Cut(tally);
        let mut transcript = begin(domain, b"fingerprint", tally.take(32));
        transcript.append_message(b"size", tally.take(8));
        transcript.append_message(b"root", tally.take(32));
        transcript.append_message(b"heads", tally.take(32));
        transcript.append_message(b"sums", tally.take(32));
        transcript
    }

    fn trustee_key(&self, trustee: u16) -> &Element {
        self.election.context.manifest().trustees().members[usize::from(trustee) - 1].key.element()
    }

    fn statements(&self) -> Value {
        let statement = |(index, mut body): (usize, Cut<'_>)| {
            body.take(2);
            let trustee = body.u16();
            let transcript = Self::about("closing-statement", body.take(136));
            json!({ "index": index, "trustee": trustee, "c": schnorr(&transcript, self.trustee_key(trustee), body.0) })
        };
        self.of_kind(5).map(statement).collect()
    }

    fn decryptions(&self) -> Value {
        let context = &self.election.context;
        let sums = self.verification.tally.as_ref().expect("a tally").contests();
        let mut values = Vec::new();
        for (index, mut pointer) in self.of_kind(6) {
            pointer.take(6);
            let hash = text(pointer.take(32));
            let file = &self.record.files[&format!("decryption/{hash}")];
            let (signed, signature) = file.split_at(file.len() - 64);
            let mut body = Cut(&signed[2..]);
            let trustee = body.u16();
            let tally = body.take(136);
            let keys = self.verification_keys(trustee.into());
            let mut contests = Vec::new();
            for (contest, sums) in sums.iter().enumerate().filter(|(_, sums)| sums.needs_decryption()) {
                let slots = context.manifest().contest_slots(contest);
                let D = body.elements(slots.len());
                let mut transcript = Self::about("partial-decryption", tally);
                transcript.append_message(b"trustee", &u64::from(trustee).to_le_bytes());
                transcript.append_message(b"contest", &(contest as u64).to_le_bytes());
                let Y = &keys[slots.start as usize..slots.end as usize];
                let mut value = equality(transcript, sums.r.element(), Y, &D, body.take(96));
                value["contest"] = contest.into();
                contests.push(value);
            }
            let lot = context.manifest().lot_slot().map(|slot| {
                let (R, D) = (lot_base(tally), body.elements(1));
                let mut transcript = Self::about("lot-share", tally);
                transcript.append_message(b"trustee", &u64::from(trustee).to_le_bytes());
                equality(transcript, &R, &keys[slot..=slot], &D, body.take(96))
            });
            assert!(body.0.is_empty());
            let mut transcript = begin("decryption-signature", b"fingerprint", &tally[..32]);
            transcript.append_message(b"decryption", signed);
            let mut value = json!({
                "index": index, "trustee": trustee, "hash": hash, "contests": contests,
                "signature_c": schnorr(&transcript, self.trustee_key(trustee), signature),
            });
            lot.into_iter().for_each(|lot| value["lot"] = lot);
            values.push(value);
        }
        values.into()
    }

    /// The coefficients of the first partial decryptions, and what they leave in each slot.
    fn totals(&self) -> Value {
        let context = &self.election.context;
        let sums = self.verification.tally.as_ref().expect("a tally").contests();
        let Value::Array(decryptions) = self.decryptions() else { return Value::Null };
        let used = &decryptions[..context.manifest().trustees().threshold.into()];
        let trustee = |decryption: &Value| Scalar::from(decryption["trustee"].as_u64().expect("a trustee"));
        let lambda = |j: &Value| {
            let others = used.iter().map(trustee).filter(|i| *i != trustee(j));
            others.fold(Scalar::ONE, |product, i| product * i * (i - trustee(j)).invert())
        };
        let lambdas: Vec<Scalar> = used.iter().map(lambda).collect();
        let mut contests = Vec::new();
        for (contest, sums) in sums.iter().enumerate().filter(|(_, sums)| sums.needs_decryption()) {
            let mut left: Vec<Element> = sums.c.iter().map(|c| *c.element()).collect();
            for (decryption, lambda) in zip(used, &lambdas) {
                let of = decryption["contests"].as_array().expect("contests");
                let of = of.iter().find(|of| of["contest"] == contest).expect("the contest");
                for (left, D) in zip(&mut left, of["D"].as_array().expect("factors")) {
                    let D = hex::decode(D.as_str().expect("a factor")).expect("hexadecimal");
                    *left = *left - &Cut(&D).element() * lambda;
                }
            }
            let bound = u64::from(u16::MAX);
            let slot = |left: &Element| {
                let v = (0..bound).find(|v| Element::mul_generator(&Scalar::from(*v)) == *left).expect("a small total");
                json!({ "vG": element(left), "v": v })
            };
            contests.push(json!({ "contest": contest, "slots": left.iter().map(slot).collect::<Vec<_>>() }));
        }
        let named =
            zip(used, &lambdas).map(|(of, lambda)| json!({ "trustee": of["trustee"], "lambda": scalar(lambda) }));
        let mut value = json!({ "lambdas": named.collect::<Vec<_>>(), "contests": contests });
        if context.manifest().lot_slot().is_some() {
            let parts = zip(used, &lambdas).map(|(decryption, lambda)| {
                let D = hex::decode(decryption["lot"]["D"][0].as_str().expect("a part")).expect("hexadecimal");
                &Cut(&D).element() * lambda
            });
            let point = parts.reduce(|sum, part| sum + part).expect("a part");
            let tally = self.verification.closed.as_ref().expect("a closed tally").tally();
            let R = hash_to_group(
                "lot",
                &[tally.fingerprint().as_bytes(), &tally.close().size.to_le_bytes(), tally.close().root.as_bytes()],
            );
            let seed = tagged("lot-seed", &[context.fingerprint().as_bytes(), &point.to_bytes()]);
            let lots = (0..3).map(|option| {
                let id = format!("o{option}");
                json!({ "option": id, "lot": text(tagged("lot", &[&seed, b"c0", id.as_bytes()])) })
            });
            value["lot"] = json!({ "R": element(&R), "value": element(&point), "seed": text(seed), "lots": lots.collect::<Vec<_>>() });
        }
        value
    }
}

/// The base of the lot of a tally, which is written as in statements.
fn lot_base(tally: &[u8]) -> Element {
    let (fingerprint, size, root) = (&tally[..32], &tally[32..40], &tally[40..72]);
    hash_to_group("lot", &[fingerprint, size, root])
}

/// The bytes of base64 with padding.
fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let value = |letter| ALPHABET.iter().position(|known| *known == letter).expect("base64") as u32;
    let mut bytes = Vec::new();
    for group in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = group.iter().fold(0, |bits, letter| bits << 6 | value(*letter)) << (6 * (4 - group.len()));
        bytes.extend(&bits.to_be_bytes()[1..group.len()]);
    }
    bytes
}
