//! The test vectors of the specification, with intermediate values: `spec/vectors`.
//!
//! They are recomputed here, as far as possible by hand and not by the library, and must be the ones that are stored.
//! After a change of the wire format, `BALLOTTA_WRITE_VECTORS=1 cargo test -p ballotta-tests --test spec_vectors` writes
//! them again.

#![allow(non_snake_case)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ballotta::SUITE;
use ballotta::ballot::SignedBallot;
use ballotta::board::cancellation::Cancellation;
use ballotta::board::entry::{Action, OrganiserEntry};
use ballotta::contest::Choose;
use ballotta::contest::Rule;
use ballotta::credential::{Credential, VotingCode};
use ballotta::elgamal::SlotKeys;
use ballotta::encoding::{FORMAT_VERSION, Writer};
use ballotta::form::FormBuilder;
use ballotta::group::{Element, Generators, PublicElement, Scalar, SecretScalar, hash_to_group};
use ballotta::hash::{CeremonyRoot, Fingerprint, JointKeyHash, ManifestHash, RollHash, TreeHash};
use ballotta::limits::MAX_TOTAL;
use ballotta::manifest::{Closing, Manifest};
use ballotta::proofs::schnorr::KeyPair;
use ballotta::record::MemoryRecord;
use ballotta::transcript::{Domain, ProofTranscript};
use ballotta::written::VoterNumber;
use ballotta_tests::ballot::{Style, WEIGHT, committed, transcript};
use ballotta_tests::edges;
use ballotta_tests::election::numbered_options;
use ballotta_tests::framed;
use ballotta_tests::manifests;
use ballotta_tests::mutations;
use ballotta_tests::records;
use ballotta_tests::rng::{DeadRng, TestRng};
use merlin::Transcript;
use rand_core::Rng;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};

/// Compares vectors with the stored ones, or stores them.
fn check(name: &str, vectors: &Value) {
    check_text(name, &format!("{}\n", serde_json::to_string_pretty(vectors).unwrap()));
}

fn check_text(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/vectors").join(name);
    if std::env::var_os("BALLOTTA_WRITE_VECTORS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let stored = fs::read_to_string(&path).unwrap();
    assert!(stored == text, "{name} has changed: the wire format is another one");
}

/// The same for a list of vectors, each on a line of its own.
fn check_lines(name: &str, vectors: Vec<Value>) {
    let lines: Vec<String> = vectors.iter().map(Value::to_string).collect();
    check_text(name, &format!("[\n{}\n]\n", lines.join(",\n")));
}

/// The files of a folder by their paths.
fn read_folder(folder: &Path, prefix: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{prefix}{}", entry.file_name().into_string().unwrap());
        if entry.path().is_dir() {
            files.extend(read_folder(&entry.path(), &format!("{path}/")));
        } else {
            files.insert(path, fs::read(entry.path()).unwrap());
        }
    }
    files
}

/// Compares the files of a record with the stored ones, or stores them.
fn check_record(name: &str, record: &MemoryRecord) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/vectors/records").join(name);
    if std::env::var_os("BALLOTTA_WRITE_VECTORS").is_some() {
        let _ = fs::remove_dir_all(&folder);
        for (path, bytes) in &record.files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
    let stored = read_folder(&folder, "");
    assert!(stored == record.files, "{name} has changed: the wire format is another one");
}

fn tagged(tag: &str, parts: &[&[u8]]) -> ([u8; 32], Value) {
    let preimage = framed(&[&[SUITE.as_bytes(), tag.as_bytes()], parts].concat());
    let digest = Sha256::digest(&preimage).into();
    let parts: Vec<String> = parts.iter().map(hex::encode).collect();
    (digest, json!({ "tag": tag, "parts": parts, "hashed": hex::encode(preimage), "digest": hex::encode(digest) }))
}

fn scalar(scalar: &Scalar) -> String {
    hex::encode(scalar.to_bytes())
}

fn element(element: &Element) -> String {
    hex::encode(element.to_bytes())
}

fn elements<'a>(list: impl IntoIterator<Item = &'a Element>) -> Vec<String> {
    list.into_iter().map(element).collect()
}

fn public(secret: u64) -> PublicElement {
    Element::mul_generator(&Scalar::from(secret)).into()
}

#[test]
fn digests() {
    let (manifest, of_manifest) = tagged("manifest", &[b"{}\n"]);
    assert_eq!(ManifestHash::of(b"{}\n").as_bytes(), &manifest);

    let [one, two, three] = [[1; 32], [2; 32], [3; 32]];
    let (fingerprint, of_fingerprint) = tagged("fingerprint", &[&one, &two, &three]);
    let hashes = (ManifestHash::from_bytes(one), JointKeyHash::from_bytes(two), RollHash::from_bytes(three));
    assert_eq!(Fingerprint::of(&hashes.0, &hashes.1, &hashes.2).as_bytes(), &fingerprint);

    let keys = [public(3), public(5)];
    let (digest, of_keys) = tagged("slot-keys", &[keys[0].as_bytes(), keys[1].as_bytes()]);
    assert_eq!(SlotKeys::new(keys.to_vec()).digest().as_bytes(), &digest);

    let (tracker, of_tracker) = tagged("tracker", &[b"an unsigned ballot"]);
    let signed = [b"an unsigned ballot".as_slice(), &[0; 64]].concat();
    assert_eq!(SignedBallot::tracker_of(&signed).unwrap().as_bytes(), &tracker);

    let (joint_key, of_joint_key) =
        tagged("joint-key", &[&one, &[keys[0].as_bytes().as_slice(), keys[1].as_bytes()].concat()]);
    let ceremony = CeremonyRoot::from_bytes(one);
    assert_eq!(JointKeyHash::of(&ceremony, keys.iter().map(PublicElement::as_bytes)).as_bytes(), &joint_key);

    let (roll, of_roll) = tagged("roll", &[&5_u64.to_le_bytes(), &one]);
    assert_eq!(RollHash::of(5, &TreeHash::from_bytes(one)).as_bytes(), &roll);

    check("digests.json", &json!([of_manifest, of_fingerprint, of_joint_key, of_roll, of_keys, of_tracker]));
}

/// The orders in which pages show options, by hand.
#[test]
fn shown_orders() {
    let base = manifests::base();
    let manifest = Manifest::parse(&manifests::serialised(&base)).unwrap();
    let cases = [(0, 0x11_u8), (0, 0x12), (5, 0x11), (5, 0x12), (8, 0x13)];
    let vectors = cases.map(|(position, byte)| {
        let (contest, seed) = (&manifest.contests()[position], [byte; 32]);
        let place = |id: &str| tagged("shown-order", &[&seed, contest.id.as_bytes(), id.as_bytes()]).0;
        let mut drawn: Vec<&str> = contest.options.iter().map(|option| option.id.as_str()).collect();
        let options = drawn.clone();
        drawn.sort_by_key(|id| place(id));
        let found = contest.drawn_order(&seed);
        assert_eq!(found.iter().map(|option| options[*option]).collect::<Vec<_>>(), drawn);
        let places: Vec<String> = options.iter().map(|id| hex::encode(place(id))).collect();
        json!({ "contest": contest.id, "seed": hex::encode(seed), "options": options, "places": places, "shown": drawn })
    });
    check("shown-orders.json", &json!(vectors));
}

#[test]
fn generators() {
    let vector = |name: &str, label: &str, index: Option<u64>| {
        let index = index.map(u64::to_le_bytes);
        let index = index.as_ref().map(<[u8; 8]>::as_slice);
        let mut parts: Vec<&[u8]> = vec![SUITE.as_bytes(), b"hash-to-group", label.as_bytes()];
        parts.extend(index);
        let hashed = framed(&parts);
        let uniform: [u8; 64] = Sha512::digest(&hashed).into();
        let generator = Element::from_uniform(&uniform);
        assert_eq!(hash_to_group(label, index.as_slice()), generator);
        json!({ "name": name, "hashed": hex::encode(hashed), "uniform": hex::encode(uniform), "element": element(&generator) })
    };
    assert_eq!(Generators::new(2).bits(), 2);
    check(
        "generators.json",
        &json!([
            vector("U_1", "U", Some(1)),
            vector("V_1", "V", Some(1)),
            vector("U_2", "U", Some(2)),
            vector("V_2", "V", Some(2)),
            vector("H", "H", None),
        ]),
    );
}

/// A Schnorr proof over a transcript, step by step, with the randomness of a dead source.
fn schnorr(transcript: &Transcript, secret: &Scalar) -> (Value, Vec<u8>) {
    let mut transcript = transcript.clone();
    let pair = KeyPair::new(SecretScalar::new(*secret));
    let mut by_library = Writer::new();
    pair.prove(&mut transcript.clone(), &mut DeadRng).encode(&mut by_library);

    transcript.append_message(b"P", pair.public().as_bytes());
    let mut nonces = transcript.clone();
    nonces.append_message(b"nonce-secret", &secret.to_bytes());
    nonces.append_message(b"nonce-randomness", &[0; 32]);
    let k = nonces.challenge_scalar(b"k");
    let K = Element::mul_generator(&k);
    transcript.append_message(b"K", &K.to_bytes());
    let c = transcript.challenge_scalar(b"c");
    let s = k + c * *secret;
    let proof = [K.to_bytes(), s.to_bytes()].concat();
    assert_eq!(proof, by_library.finish());
    assert_eq!(Element::mul_generator(&s), K + pair.public().element() * &c);
    let vector = json!({
        "p": scalar(secret), "P": hex::encode(pair.public().as_bytes()), "nonce_randomness": hex::encode([0; 32]),
        "k": scalar(&k), "K": element(&K), "c": scalar(&c), "s": scalar(&s), "proof": hex::encode(&proof),
    });
    (vector, proof)
}

#[test]
fn schnorr_signature_of_the_organiser() {
    let fingerprint = Fingerprint::from_bytes([0x11; 32]);
    let secret = Scalar::from(42_u64);
    let organiser = KeyPair::new(SecretScalar::new(secret));
    let mut transcript = Transcript::new(SUITE.as_bytes());
    transcript.append_message(b"dom-sep", b"organiser-entry");
    transcript.append_message(b"fingerprint", fingerprint.as_bytes());
    transcript.append_message(b"action", &2_u64.to_le_bytes());
    transcript.append_message(b"not-before", &1_900_000_000_u64.to_le_bytes());
    let (mut vector, proof) = schnorr(&transcript, &secret);

    let entry = OrganiserEntry::sign_for(Action::Open, &fingerprint, 1_900_000_000, &organiser, &mut DeadRng);
    let entry = entry.expect("a time before the year 10000");
    let body = [fingerprint.as_bytes().as_slice(), &1_900_000_000_u64.to_le_bytes(), &proof].concat();
    assert_eq!(entry.encode(), body);
    assert_eq!(entry.verify(&fingerprint, organiser.public(), &mut DeadRng), Ok(()));
    vector["transcript"] = json!([
        ["Transcript::new", SUITE],
        ["append", "dom-sep", hex::encode(b"organiser-entry")],
        ["append", "fingerprint", hex::encode(fingerprint.as_bytes())],
        ["append", "action", hex::encode(2_u64.to_le_bytes())],
        ["append", "not-before", hex::encode(1_900_000_000_u64.to_le_bytes())],
        ["append", "P", vector["P"]],
        ["append", "K", vector["K"]],
        ["challenge", "c", 64],
    ]);
    vector["opening_entry_body"] = json!(hex::encode(body));
    let cancellation = Cancellation::sign(&fingerprint, "Una scheda è sbagliata", &organiser, &mut DeadRng);
    let cancellation = cancellation.expect("one line");
    assert_eq!(cancellation.verify(&fingerprint, organiser.public(), &mut DeadRng), Ok(()));
    vector["cancellation_entry_body"] = json!(hex::encode(cancellation.encode()));
    check("schnorr.json", &vector);
}

/// Its kind, its constant, and its terms.
type Row = (u8, i64, Vec<(u32, i64)>);

/// The rows of a rule, written by hand: bits, the bits that are slots, terms and target of the constant row. The roll may be
/// so large that no counts share a slot.
fn form(name: &str, rule: Choose, options: usize, bits: u32, slots: &[u32], last: &[(u32, i64)], target: i64) -> Value {
    let mut builder = FormBuilder::new();
    let parameters = json!({ "min": rule.min, "max": rule.max, "blank": rule.blank, "options": options });
    Rule::Choose(rule).compile(&numbered_options(options), &mut builder);
    let library = builder.build().unwrap();

    let mut rows: Vec<Row> = slots.iter().map(|bit| (0, 0, vec![(*bit, 1)])).collect();
    rows.push((1, target, last.to_vec()));
    let mut writer = Writer::new();
    writer.u32(bits).u32(slots.len() as u32).u32(1);
    for (kind, target, terms) in &rows {
        writer.u8(*kind).put(&target.to_le_bytes()).u32(terms.len() as u32);
        for (bit, coefficient) in terms {
            writer.u32(*bit).put(&coefficient.to_le_bytes());
        }
    }
    let encoding = writer.finish();
    let (digest, _) = tagged("form", &[&encoding]);
    assert_eq!(library.digest().as_bytes(), &digest, "{name}");
    json!({
        "name": name, "choose": parameters, "weights_total": MAX_TOTAL, "bits": bits, "slots": slots.len(), "rows": rows,
        "encoding": hex::encode(encoding), "digest": hex::encode(digest),
    })
}

#[test]
fn forms() {
    let choose = |min, max, blank| Choose { min, max, blank };
    let yes_no = [(0, 1), (1, 1)];
    let two = [(0, 1), (1, 1), (2, 1), (3, 1)];
    let blank = [(0, 1), (1, 1), (2, 1), (3, 2), (4, 1)];
    let approval = [(0, 1), (1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (7, 2), (8, 2)];
    check(
        "forms.json",
        &json!([
            form("yes or no", choose(1, 1, false), 2, 2, &[0], &yes_no, 1),
            form("one or two of three", choose(1, 2, false), 3, 4, &[0, 1, 2], &two, 2),
            form("one or two of three, or blank", choose(1, 2, true), 3, 5, &[0, 1, 2, 3], &blank, 2),
            form("none to five of six", choose(0, 5, false), 6, 9, &[0, 1, 2, 3, 4, 5], &approval, 5),
        ]),
    );
}

#[test]
fn a_ballot_and_its_argument() {
    const ELECTION: u8 = 0x11;
    const VOTER: u64 = 7;
    let style = Style::choose(3, 1, 2);
    let mut builder = FormBuilder::new();
    Rule::Choose(Choose { min: 1, max: 2, blank: false }).compile(&numbered_options(3), &mut builder);
    assert_eq!(builder.build().unwrap().digest(), style.form.digest());
    let (bits, r, seed) = ([1, 0, 1, 0], Scalar::from(11_u64), [0x22; 32]);
    let context = transcript(ELECTION, Some(VOTER));
    let ballot = style.prove(&context, &bits, &r, &seed);
    let (rho, x) = style.challenges(&context, None, &ballot);
    assert_eq!(style.equations(&context, &ballot), [true; 3]);

    let rows = style.combine(&rho, None);
    let fingerprint = Fingerprint::from_bytes([ELECTION; 32]);
    let credential = public(VOTER);
    let argued = ballot.encode();
    let unsigned = [
        &FORMAT_VERSION,
        fingerprint.as_bytes().as_slice(),
        &[0, 0],
        &WEIGHT.to_le_bytes(),
        credential.as_bytes(),
        &[0; 32],
        &argued,
    ]
    .concat();
    let (tracker, _) = tagged("tracker", &[&unsigned]);
    let mut signature = Domain::BallotSignature.for_election(&fingerprint);
    signature.absorb_bytes(b"tracker", &tracker);
    let (signature, proof) = schnorr(&signature, &Scalar::from(VOTER));
    let signed = [unsigned.as_slice(), &proof].concat();
    assert_eq!(SignedBallot::tracker_of(&signed).unwrap().as_bytes(), &tracker);

    let keys: Vec<&Element> = style.keys.keys().iter().map(PublicElement::element).collect();
    check(
        "ballot.json",
        &json!({
            "weights_total": MAX_TOTAL,
            "form": hex::encode(style.form.digest().as_bytes()),
            "fingerprint": hex::encode(fingerprint.as_bytes()),
            "credential_secret": scalar(&Scalar::from(VOTER)),
            "credential": hex::encode(credential.as_bytes()),
            "Y_secrets": style.secrets.iter().map(scalar).collect::<Vec<_>>(),
            "Y": elements(keys),
            "Y_digest": hex::encode(style.keys.digest().as_bytes()),
            "bits": bits, "r": scalar(&r), "seed": hex::encode(seed),
            "R": element(&ballot.R), "C": elements(&ballot.C),
            "B": element(&ballot.B), "A": element(&ballot.A),
            "rho": scalar(&rho),
            "row_coefficients_of_the_bits": rows.bits.iter().map(scalar).collect::<Vec<_>>(),
            "Y_star": element(&rows.Y),
            "C_star_plus_c_star_G": element(&rows.sum(&ballot.C)),
            "c_star": scalar(&rows.constant),
            "E_R": element(&ballot.E_R), "E_C": element(&ballot.E_C),
            "x": scalar(&x),
            "z_B": scalar(&ballot.z_B), "z_r": scalar(&ballot.z_r),
            "f": ballot.f.iter().map(scalar).collect::<Vec<_>>(),
            "L_of_f": scalar(&rows.apply(&ballot.f)),
            "both_sides_bits": element(&committed(&ballot.f, &x, &ballot.z_B)),
            "both_sides_randomness": element(&Element::mul_generator(&ballot.z_r)),
            "both_sides_link": element(&(&rows.Y * &ballot.z_r + Element::mul_generator(&rows.apply(&ballot.f)))),
            "ciphertext_and_argument": hex::encode(&argued),
            "unsigned_ballot": hex::encode(&unsigned),
            "tracker": hex::encode(tracker),
            "signature": signature,
            "signed_ballot": hex::encode(signed),
        }),
    );
}

#[test]
fn a_voting_code_and_its_credential() {
    let vector = |seed: u64| {
        let code = VotingCode::generate(&mut TestRng(seed));
        let mut bytes = [0; 16];
        TestRng(seed).fill_bytes(&mut bytes);
        let (manifest, joint_key) = (ManifestHash::from_bytes([1; 32]), JointKeyHash::from_bytes([2; 32]));
        let credential = Credential::derive(&code, &manifest, &joint_key).unwrap();
        let (salt, _) = tagged("credential", &[manifest.as_bytes(), joint_key.as_bytes()]);
        json!({
            "bits": hex::encode(bytes), "code": *code.expose_text(),
            "manifest": manifest.to_string(), "joint_key": joint_key.to_string(), "salt": hex::encode(salt),
            "secret": scalar(credential.key_pair().secret().expose_scalar()),
            "public": hex::encode(credential.public().as_bytes()), "voter_number": VoterNumber::written(credential.public()),
        })
    };
    check("credentials.json", &json!([vector(1), vector(2)]));
}

/// Two closed records, as they are published, with all values between their bytes and their result.
#[test]
fn closed_records() {
    let mut values = serde_json::Map::new();
    for closing in [Closing::Statements, Closing::Witnesses] {
        let election = records::election(closing);
        let board = records::closed(&election);
        check_record(records::name(closing), &board.record());
        board.expect_valid();
        values.insert(records::name(closing).into(), records::values(&board));
    }
    check("records.json", &values.into());
}

/// Changed copies of the closed records, and what every verifier says about them. Each is on a line of its own.
#[test]
fn changed_records() {
    let elections = [Closing::Statements, Closing::Witnesses].map(records::election);
    let bases = [0, 1].map(|number: usize| records::closed(&elections[number]).record());
    let mutations = mutations::all(&elections);
    let vectors = mutations.iter().map(|mutation| {
        let base = &bases[usize::from(mutation.of == Closing::Witnesses)];
        mutations::vector(mutation, base)
    });
    check_lines("changed-records.json", vectors.collect());
}

/// Manifests that follow the rules and manifests that break them. `paths` are those of this library.
#[test]
fn manifests() {
    let base = manifests::base();
    let mut seen = std::collections::BTreeSet::new();
    let mut vectors = vec![json!({ "base": base })];
    for case in manifests::all() {
        let (valid, name, edits) = &case;
        let bytes = manifests::edited(&base, edits);
        assert!(seen.insert(bytes.clone()), "{name}: twice");
        let mut vector = manifests::vector(&case);
        match Manifest::parse(&bytes) {
            Ok(manifest) => {
                assert!(valid, "{name}: should be refused");
                // The hash is that of bytes; those of edited values depend on how a program writes JSON.
                if edits.iter().all(|edit| edit[0] == "put") && !edits.is_empty() {
                    vector.insert("hash".into(), manifest.hash().to_string().into());
                }
                let forms = (0..manifest.styles().len()).map(|style| {
                    let compiled = manifest.compile_style(style).unwrap();
                    json!([compiled.form.bits(), compiled.form.slots(), hex::encode(compiled.form.digest().as_bytes())])
                });
                vector.insert("forms".into(), forms.collect());
            }
            Err(errors) => {
                assert!(!valid, "{name}: {errors}");
                let paths: std::collections::BTreeSet<&str> =
                    errors.errors().iter().map(|error| error.path.as_str()).collect();
                vector.insert("paths".into(), json!(paths));
            }
        }
        vectors.push(vector.into());
    }
    check_lines("manifests.json", vectors);
}

/// Encodings of elements and scalars, signatures and cosignatures of logs at the edges of what is accepted.
#[test]
fn encodings_and_signatures() {
    let vectors = json!({
        "elements": edges::elements(), "scalars": edges::scalars(), "wide_scalars": edges::wide_scalars(),
        "tiles": edges::tiles(),
        "ed25519": edges::signatures(), "cosignatures": edges::cosignatures(),
    });
    check("edges.json", &vectors);
}
