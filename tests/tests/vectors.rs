//! Vectors written by others: the group is ristretto255, the transcripts are Merlin's.

use ::merlin::Transcript;
use ballotta::encoding::{DecodeError, Reader};
use ballotta::group::{Element, PublicElement, Scalar};
use ballotta::hash::TreeHash;
use ballotta::merkle::{Frontier, TreeHead, consistency_proof, inclusion_proof, leaf_hash};
use ballotta_tests::vectors::{bytes, invalid_elements, merkle, merlin, ristretto};
use serde_json::Value;

#[test]
fn multiples_of_the_base_point() {
    let vectors = ristretto();
    let multiples = vectors["small_multiples_of_basepoint"].as_array().unwrap();
    assert_eq!(multiples.len(), 16);
    let mut sum = Element::identity();
    for (number, encoding) in (0_u64..).zip(multiples) {
        let encoding = bytes(encoding);
        let element = Element::mul_generator(&Scalar::from(number));
        assert_eq!(element.to_bytes(), encoding, "[{number}]G");
        assert_eq!(element, sum);
        assert_eq!(Element::from_canonical(&encoding), Some(element));
        assert_eq!(PublicElement::from_canonical(&encoding).unwrap().element(), &element);
        let doubles = PublicElement::double_all(&[&element * &Scalar::ONE.halve()]);
        assert_eq!(doubles[0].as_bytes(), &encoding);
        sum += Element::generator();
    }
}

#[test]
fn encodings_that_are_refused() {
    let invalid = invalid_elements();
    assert_eq!(invalid.len(), 30);
    for encoding in invalid {
        assert_eq!(Element::from_canonical(&encoding), None, "{}", hex::encode(encoding));
        let refused = Err(DecodeError::InvalidElement { field: "key" });
        assert_eq!(Reader::new(&encoding).element("key"), refused);
        assert_eq!(Reader::new(&encoding).element_or_identity("key"), refused);
    }
}

#[test]
fn the_one_way_map() {
    let vectors = ristretto();
    let maps = vectors["hash_to_group"].as_array().unwrap();
    assert_eq!(maps.len(), 7);
    for map in maps {
        assert_eq!(Element::from_uniform(&bytes(&map["input"])).to_bytes(), bytes(&map["output"]));
    }
}

/// The log is that of RFC 6962: roots, and proofs that others made.
#[test]
fn logs_and_their_proofs() {
    let vectors = merkle();
    let list = |value: &Value| value.as_array().unwrap().clone();
    let hash = |value: &Value| TreeHash::from_bytes(bytes(value));
    let proof = |vector: &Value| list(&vector["proof"]).iter().map(hash).collect::<Vec<_>>();
    let number = |vector: &Value, name: &str| vector[name].as_u64().unwrap();
    let leaves: Vec<TreeHash> =
        list(&vectors["leaves"]).iter().map(|leaf| leaf_hash(&hex::decode(leaf.as_str().unwrap()).unwrap())).collect();
    let roots: Vec<TreeHash> = list(&vectors["roots"]).iter().map(hash).collect();
    let head = |size: u64| TreeHead { size, root: roots[size as usize] };
    for (size, root) in roots.iter().enumerate() {
        assert_eq!(leaves[..size].iter().copied().collect::<Frontier>().root(), *root, "{size}");
    }
    let (inclusion, consistency) = (list(&vectors["inclusion"]), list(&vectors["consistency"]));
    assert_eq!((inclusion.len(), consistency.len()), (7, 4));
    for vector in inclusion {
        let (size, index) = (number(&vector, "tree_size"), number(&vector, "index"));
        let proof = proof(&vector);
        assert_eq!(inclusion_proof(&leaves[..size as usize], index).as_ref(), Ok(&proof), "{index} of {size}");
        assert_eq!(head(size).verify_inclusion(index, &leaves[index as usize], &proof), Ok(()), "{index} of {size}");
    }
    for vector in consistency {
        let (older, newer) = (number(&vector, "size1"), number(&vector, "size2"));
        let proof = proof(&vector);
        assert_eq!(consistency_proof(&leaves[..newer as usize], older).as_ref(), Ok(&proof), "{older} of {newer}");
        assert_eq!(head(newer).verify_consistency(&head(older), &proof), Ok(()), "{older} of {newer}");
    }
}

#[test]
fn transcripts_of_merlin() {
    let vectors = merlin();
    let expected = |name: &str| -> [u8; 32] {
        let vectors = vectors["vectors"].as_array().unwrap();
        bytes(&vectors.iter().find(|vector: &&Value| vector["name"] == name).unwrap()["challenge"])
    };
    let mut challenge = [0; 32];

    let mut simple = Transcript::new(b"test protocol");
    simple.append_message(b"some label", b"some data");
    simple.challenge_bytes(b"challenge", &mut challenge);
    assert_eq!(challenge, expected("simple"));

    let mut complex = Transcript::new(b"test protocol");
    complex.append_message(b"step1", b"some data");
    for _ in 0..32 {
        complex.challenge_bytes(b"challenge", &mut challenge);
        complex.append_message(b"bigdata", &[99; 1024]);
        complex.append_message(b"challengedata", &challenge);
    }
    assert_eq!(challenge, expected("complex"));
}
