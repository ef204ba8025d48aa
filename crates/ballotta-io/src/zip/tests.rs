use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::*;

/// A member of an archive that a test writes. Every field may be wrong.
#[derive(Clone)]
struct Forged {
    name: &'static str,
    own_name: &'static str,
    method: u16,
    flags: u16,
    bytes: Vec<u8>,
    length: u32,
    header: Option<u32>,
    /// Bytes of the extra field in the file's own header.
    extra: Vec<u8>,
    /// The length of that field, if it is not its own.
    extra_bytes: Option<u16>,
}

fn stored(name: &'static str, bytes: &[u8]) -> Forged {
    Forged {
        name,
        own_name: name,
        method: 0,
        flags: 0,
        bytes: bytes.to_vec(),
        length: bytes.len() as u32,
        header: None,
        extra: Vec::new(),
        extra_bytes: None,
    }
}

fn deflated(name: &'static str, bytes: &[u8]) -> Forged {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    Forged { method: 8, bytes: encoder.finish().unwrap(), ..stored(name, bytes) }
}

fn archive(members: &[Forged]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        let header = member.header.unwrap_or(bytes.len() as u32);
        let common = |name: &str, extra: u16| {
            let fields = [&member.flags.to_le_bytes()[..], &member.method.to_le_bytes(), &[0; 8]].concat();
            let sizes = [(member.bytes.len() as u32).to_le_bytes(), member.length.to_le_bytes()].concat();
            [&[10, 0][..], &fields, &sizes, &(name.len() as u16).to_le_bytes(), &extra.to_le_bytes()].concat()
        };
        let extra = member.extra_bytes.unwrap_or(member.extra.len() as u16);
        bytes.extend([b"PK\x03\x04", common(member.own_name, extra).as_slice(), member.own_name.as_bytes()].concat());
        bytes.extend(&member.extra);
        bytes.extend(&member.bytes);
        directory.extend([b"PK\x01\x02\x0a\x00", common(member.name, 0).as_slice(), &[0; 10]].concat());
        directory.extend([&header.to_le_bytes()[..], member.name.as_bytes()].concat());
    }
    let (start, count) = (bytes.len() as u32, (members.len() as u16).to_le_bytes());
    bytes.extend(&directory);
    bytes.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count].concat());
    bytes.extend([(directory.len() as u32).to_le_bytes(), start.to_le_bytes()].concat());
    bytes.extend([0; 2]);
    bytes
}

fn open(bytes: &[u8]) -> Result<ZipRecord, ZipError> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    ZipRecord::new(file)
}

fn refusal(members: &[Forged]) -> String {
    open(&archive(members)).unwrap_err().to_string()
}

fn whole(record: &ZipRecord, path: &str) -> Result<Vec<u8>, String> {
    ballotta::record::read_file(record, path, 1 << 20).map_err(|error| error.to_string())
}

#[test]
fn a_folder_is_packed_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let (root, path) = (folder.path().join("record"), folder.path().join("record.zip"));
    fs::create_dir_all(root.join("tile/entries")).unwrap();
    fs::write(root.join("roll"), b"0123456789").unwrap();
    fs::write(root.join("empty"), b"").unwrap();
    fs::write(root.join("tile/entries/000"), [7; 300]).unwrap();
    let whole_folder = crate::FolderRecord::new(&root).list();
    // What follows from other files is left out.
    for left_out in ["tile/0/000.p/3", "light/heads", "light/roll/tile/0/000.p/1"] {
        fs::create_dir_all(root.join(left_out).parent().unwrap()).unwrap();
        fs::write(root.join(left_out), b"hash").unwrap();
    }
    pack(&root, &path).unwrap();
    let record = ZipRecord::open(&path).unwrap();
    assert_eq!(record.list(), whole_folder);
    assert_eq!(whole(&record, "roll").unwrap(), b"0123456789");
    assert_eq!(whole(&record, "empty").unwrap(), b"");
    assert_eq!(whole(&record, "tile/entries/000").unwrap(), [7; 300]);
    let mut part = [0; 3];
    record.read_exact_at("roll", 4, &mut part).unwrap();
    assert_eq!(&part, b"456");
    assert_eq!(record.read_exact_at("roll", 8, &mut part).unwrap_err().path, "roll");
    assert_eq!((record.length("tile"), record.length("nothing")), (Ok(None), Ok(None)));
    assert!(matches!(pack(&root, &path), Err(ZipError::Io(error)) if error.kind() == io::ErrorKind::AlreadyExists));
    let again = folder.path().join("again.zip");
    pack(&root, &again).unwrap();
    assert_eq!(fs::read(&path).unwrap(), fs::read(again).unwrap());
    assert_eq!(fs::read(&path).unwrap()[..4], *b"PK\x03\x04");
}

#[test]
fn stored_and_deflated_files() {
    let long: Vec<u8> = (0..50_000_u32).flat_map(|number| (number % 1000).to_le_bytes()).collect();
    let record =
        open(&archive(&[stored("a/", b""), stored("a/b", b"stored"), deflated("c", &long), deflated("roll", &long)]));
    let record = record.unwrap();
    assert_eq!(record.list(), Ok(Some(["a/b", "c", "roll"].map(str::to_owned).to_vec())));
    assert_eq!(whole(&record, "a/b").unwrap(), b"stored");
    for path in ["c", "roll"] {
        assert_eq!(whole(&record, path).unwrap(), long);
        let mut part = [0; 8];
        record.read_exact_at(path, 4000, &mut part).unwrap();
        assert_eq!(part, long[4000..4008]);
    }
    assert_eq!(open(&archive(&[])).unwrap().list(), Ok(Some(vec![])));
}

#[test]
fn names_that_are_no_paths_of_a_record() {
    for name in ["", "/", "/a", "../a", "a/../b", "a//b", "./a", "a\\b", "a b", "C:a", "a\u{e9}", "a/.."] {
        let expected = format!("the archive names {name:?}, which is not a path of a record");
        assert_eq!(refusal(&[stored(name, b"")]), expected);
    }
    assert_eq!(refusal(&[stored("a", b"1"), stored("a", b"2")]), "the archive names a twice");
}

#[test]
fn files_that_cannot_be_what_they_say() {
    let bomb = Forged { length: 16 << 20, ..deflated("a", b"short") };
    assert!(refusal(&[bomb]).ends_with(" packed bytes cannot contain a file of 16777216 bytes"));
    let long = Forged { length: 17 << 20, bytes: vec![0; 1 << 20], ..deflated("a", b"") };
    assert_eq!(refusal(&[long]), "a: 1048576 packed bytes cannot contain a file of 17825792 bytes");
    let stored_otherwise = Forged { length: 5, ..stored("a", b"123456") };
    assert_eq!(refusal(&[stored_otherwise]), "a: 6 packed bytes cannot contain a file of 5 bytes");
    for forged in [Forged { method: 12, ..stored("a", b"1") }, Forged { flags: 1, ..stored("a", b"1") }] {
        assert_eq!(refusal(&[forged]), "a: only files that are stored or deflated can be read");
    }
    // The file is longer or shorter than stated. This is known only after it is inflated.
    let wrong = "the file cannot be read: a: the file does not have the stated length";
    for length in [4, 6] {
        let record = open(&archive(&[Forged { length, ..deflated("a", b"12345") }])).unwrap();
        assert_eq!(whole(&record, "a").unwrap_err(), wrong);
    }
    for own_name in ["b", "aa", ""] {
        let other = "the header of a does not agree with the directory of the archive";
        assert_eq!(refusal(&[Forged { own_name, ..stored("a", b"1") }]), other);
    }
}

#[test]
fn archives_that_are_not_strictly_one() {
    let two = [stored("a", b"12345"), stored("b", b"67890")];
    let overlap = [two[0].clone(), Forged { header: Some(0), ..two[1].clone() }];
    assert_eq!(refusal(&overlap), "the header of b does not agree with the directory of the archive");
    // Fault L4: the extra field in the header of the first file reaches into the second, and so do its bytes.
    let extra = Forged { extra_bytes: Some(10), ..two[0].clone() };
    assert_eq!(refusal(&[extra, two[1].clone()]), "the directory of the archive cannot be read: two files share bytes");
    let beyond = Forged { extra_bytes: Some(40), ..two[1].clone() };
    let place = "the directory of the archive cannot be read: a file does not end before it";
    assert_eq!(refusal(&[two[0].clone(), beyond]), place);
    let with_extra = Forged { extra: vec![7; 9], ..two[0].clone() };
    assert_eq!(whole(&open(&archive(&[with_extra])).unwrap(), "a").unwrap(), b"12345");
    let behind = [two[0].clone(), Forged { header: Some(u32::MAX - 1), ..two[1].clone() }];
    assert_eq!(refusal(&behind), "the directory of the archive cannot be read: a file does not end before it");
    let hidden = "the directory of the archive cannot be read: a folder has bytes";
    assert_eq!(refusal(&[stored("a/", b"1")]), hidden);
    let good = archive(&two);
    let none = "not a zip archive, or bytes follow its end";
    for bytes in [&b""[..], b"PK", &good[..good.len() - 1], &[&good[..], b"x"].concat(), &[0; 100]] {
        assert_eq!(open(bytes).unwrap_err().to_string(), none);
    }
    let moved = [b"x", good.as_slice()].concat();
    let place = "the directory of the archive cannot be read: it is not at the stated position";
    assert_eq!(open(&moved).unwrap_err().to_string(), place);
    // Any byte may be changed: nothing panics.
    for position in 0..good.len() {
        for bit in [1, 0x80] {
            let mut bytes = good.clone();
            bytes[position] ^= bit;
            if let Ok(record) = open(&bytes) {
                for path in ["a", "b"] {
                    let _ = whole(&record, path);
                }
            }
        }
    }
}
