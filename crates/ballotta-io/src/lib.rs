//! Election records on disk: [`FolderRecord`] reads one for the verifier, [`BoardFolder`] appends to its board.
//!
//! See `spec/record.md` and `spec/board.md#tiles`. A record is a folder of static files and needs neither a server
//! program nor a database. Any web server can serve it: `HttpRecord` reads a record from there (feature `http`), and
//! `ZipRecord` reads one from an archive (feature `zip`).
//! With both features, `Location` opens whichever a person has named.
//!
//! # Examples
//!
//! An auditor verifies a record in a folder:
//!
//! ```
//! # use ballotta_testkit::election as testkit;
//! # let folder = tempfile::tempdir()?;
//! # let test = testkit::Election::build(testkit::ElectionOptions::default());
//! # for (path, bytes) in test.run().record().files {
//! #     ballotta_io::write_atomically(&folder.path().join(path), &bytes)?;
//! # }
//! # let folder = folder.path();
//! use ballotta::rand_core::UnwrapErr;
//! use ballotta::verifier::{VerifyOptions, verify};
//! use ballotta_io::FolderRecord;
//! use getrandom::SysRng;
//!
//! let record = FolderRecord::new(folder);
//! let verification = verify(&record, &VerifyOptions::default(), &|_| (), &mut UnwrapErr(SysRng));
//! assert!(verification.report.holds(), "{}", verification.report);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! A board appends entries and signs a checkpoint that covers them. The example `ballot_box` of this package shows how
//! a board appends only the entries that the rules of the library accept:
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! use ballotta::admission::BoardEntries as _;
//! use ballotta::board::note::NoteSigner;
//! use ballotta_io::BoardFolder;
//!
//! # let (seed, manifest) = ([7; 32], b"{}");
//! // `seed` is the secret key of the board, and `manifest` the bytes of the manifest.
//! let signer = NoteSigner::from_seed("board.example/log", &seed)?;
//! let mut board = BoardFolder::create(folder, manifest)?;
//! board.append(b"an entry".to_vec())?;
//! // The entry is part of the board when this has returned.
//! board.commit(&signer)?;
//! // No other process can open the board before this one drops it.
//! drop(board);
//! assert_eq!(BoardFolder::open(BoardFolder::lock(folder)?, signer.key())?.entry(0)?, b"an entry");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod board;
mod disk;
mod files;
mod folder;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "index")]
mod index;
mod light;
#[cfg(all(feature = "http", feature = "zip"))]
mod location;
#[cfg(feature = "zip")]
mod zip;

pub use board::{BoardFolder, BoardFolderError, BoardLock, NamedFiles};
pub use files::{
    StagedSecret, create_folders, remove_part, rename, sync_name, write_atomically, write_new, write_secret,
};
pub use folder::FolderRecord;
#[cfg(feature = "http")]
pub use http::{Answer, HttpRecord, fetch_archive, post};
#[cfg(feature = "index")]
pub use index::{BoardIndex, IndexError, IndexedBallots};
pub use light::LightFiles;
#[cfg(all(feature = "http", feature = "zip"))]
pub use location::{AnyRecord, Location, LocationError};
#[cfg(feature = "zip")]
pub use zip::{ZipError, ZipRecord, pack};

/// The code of the README, which documentation tests compile.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
