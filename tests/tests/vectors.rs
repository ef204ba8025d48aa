//! Vectors written by others: the group is ristretto255, the transcripts are Merlin's.

use ::merlin::Transcript;
use ballotta::encoding::{DecodeError, Reader};
use ballotta::group::{Element, PublicElement, Scalar};
use ballotta_tests::vectors::{bytes, invalid_elements, merlin, ristretto};
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
