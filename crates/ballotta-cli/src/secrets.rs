//! Secrets on disk. Only the owner of a file may read it, it is never overwritten, and the seeds of trustees are
//! encrypted.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use age::secrecy::{ExposeSecret as _, SecretString};
use anyhow::{Context as _, Result, anyhow, bail, ensure};
use ballotta::board::note::NoteSigner;
use ballotta::key_ceremony::TrusteeSeed;
use ballotta::signing::KeyPair;
use ballotta_io::write_secret;
use getrandom::SysRng;
use rand_core::{Rng as _, UnwrapErr};
use zeroize::Zeroizing;

use crate::console::{Shown as _, is_at_a_terminal, print_to_stderr};
use crate::failure::{ErrorContext as _, error_text, remedy_of};
use crate::recognise::{is_not, not_a_key};
use crate::record::read_at_most;

/// The random number generator of the system. It panics if the system has no randomness.
pub(crate) fn system_rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

/// Returns random bytes of the system, such as the seed of a key.
pub(crate) fn random_bytes() -> Zeroizing<[u8; 32]> {
    let mut bytes = Zeroizing::new([0; 32]);
    system_rng().fill_bytes(bytes.as_mut());
    bytes
}

/// The two kinds of key that are not encrypted, because their holders act more than once, or without a person at the
/// keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyFile {
    /// The key of an organiser or a credential authority: Schnorr on ristretto255.
    Schnorr,
    /// The key of a board or a witness: Ed25519.
    Note,
}

impl KeyFile {
    fn header(self) -> &'static str {
        match self {
            Self::Schnorr => ballotta::format_name!("signing-key"),
            Self::Note => ballotta::format_name!("note-key"),
        }
    }

    /// The parties that have such a key.
    pub(crate) fn holder(self) -> &'static str {
        match self {
            Self::Schnorr => "an organiser or a credential authority",
            Self::Note => "a board or a witness",
        }
    }

    /// What to do for a key of this kind.
    pub(crate) fn made_by(self) -> &'static str {
        match self {
            Self::Schnorr => "give the file that `ballotta organiser new` or `ballotta authority new` made",
            Self::Note => "give the file that `ballotta board new` or `ballotta witness new` made",
        }
    }

    /// The kind of key file whose first line this is.
    pub(crate) fn of_header(line: &str) -> Option<Self> {
        [Self::Schnorr, Self::Note].into_iter().find(|kind| kind.header() == line)
    }

    /// Writes a new secret of 32 bytes.
    pub(crate) fn write(self, path: &Path, secret: &[u8; 32]) -> Result<()> {
        let text = Zeroizing::new(format!("{}\n{}\n", self.header(), *Zeroizing::new(hex::encode(secret))));
        write_secret(path, text.as_bytes()).with_context(|| format!("the key cannot be written to {}", path.shown()))
    }

    /// Reads a secret of 32 bytes.
    pub(crate) fn read(self, path: &Path) -> Result<Zeroizing<[u8; 32]>> {
        let bytes = read_at_most(path, MAX_KEY_BYTES, "a key").map(Zeroizing::new)?;
        let text = without_mark(str::from_utf8(&bytes).unwrap_or_default());
        let mut lines = text.trim_end().lines();
        if lines.next() != Some(self.header()) {
            return not_a_key(&path.shown().to_string(), &bytes, self);
        }
        let mut secret = Zeroizing::new([0; 32]);
        // The error of `hex` would show a character of the secret.
        let decoded = lines.next().and_then(|line| hex::decode_to_slice(line, secret.as_mut_slice()).ok());
        ensure!(decoded.is_some() && lines.next().is_none(), "{} is damaged", path.shown());
        Ok(secret)
    }
}

/// Makes the key of an organiser or of a credential authority, and writes it to a new file.
pub(crate) fn new_signing_key(path: &Path) -> Result<KeyPair> {
    let key = KeyPair::random(&mut system_rng());
    KeyFile::Schnorr.write(path, &key.expose_secret())?;
    Ok(key)
}

/// Makes the key of a board or of a witness, and writes it to a new file. `signer` returns the signer with this seed.
pub(crate) fn new_note_key<S>(path: &Path, signer: impl FnOnce(&[u8; 32]) -> Result<S>) -> Result<S> {
    let seed = random_bytes();
    let signer = signer(&seed)?;
    KeyFile::Note.write(path, &seed)?;
    Ok(signer)
}

/// Reads the key of an organiser or of a credential authority.
pub(crate) fn read_signing_key(path: &Path) -> Result<KeyPair> {
    let secret = KeyFile::Schnorr.read(path)?;
    KeyPair::from_secret(&secret).with_context(|| format!("{} is damaged", path.shown()))
}

/// The public key of a board or of a witness.
pub(crate) fn note_key(path: &Path) -> Result<[u8; 32]> {
    // The public key does not depend on the name.
    Ok(*NoteSigner::from_seed("name", &*KeyFile::Note.read(path)?)?.key().as_bytes())
}

/// Encrypts a trustee's seed with its passphrase (age, scrypt) and writes it to a new file. `work` is the work to try one
/// passphrase: the binary logarithm of scrypt's work factor. `None` means about a second on this machine.
pub(crate) fn write_trustee_seed(
    path: &Path,
    seed: &TrusteeSeed,
    passphrase: &SecretString,
    work: Option<u8>,
) -> Result<()> {
    let mut recipient = age::scrypt::Recipient::new(passphrase.clone());
    if let Some(work) = work {
        recipient.set_work_factor(work);
    }
    let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))?;
    let mut encrypted = Vec::new();
    let mut writer = encryptor.wrap_output(&mut encrypted)?;
    writer.write_all(seed.expose_bytes())?;
    writer.finish()?;
    write_secret(path, &encrypted).with_context(|| format!("the seed cannot be written to {}", path.shown()))
}

/// Reads a trustee's seed.
pub(crate) fn read_trustee_seed(path: &Path, passphrase: &SecretString) -> Result<TrusteeSeed> {
    let encrypted = read_at_most(path, MAX_KEY_BYTES, "a key")?;
    let decryptor = age::Decryptor::new(encrypted.as_slice())
        .map_err(|error| {
            anyhow!(error).context(is_not(&path.shown(), &encrypted, "a trustee's key, which age encrypts"))
        })
        .remedy("give the file that `ballotta trustee new` made")?;
    let identity = age::scrypt::Identity::new(passphrase.clone());
    let reader = match decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)) {
        Ok(reader) => reader,
        // The passphrase has opened the key of the file, which did not seal this header; or the header cannot be read.
        Err(error @ (age::DecryptError::InvalidMac | age::DecryptError::InvalidHeader)) => {
            return Err(error)
                .with_context(|| format!("{} is damaged", path.shown()))
                .remedy("restore the file from a copy");
        }
        Err(error) => {
            return Err(error).with_context(|| format!("the passphrase does not open {}", path.shown())).remedy(
                "type it again, as it was when the key was made; if it is right, the file is damaged: restore a copy; \
                 nobody else can open this file",
            );
        }
    };
    let mut seed = Zeroizing::new(Vec::new());
    reader.take(33).read_to_end(&mut seed).with_context(|| format!("{} is damaged", path.shown()))?;
    let Ok(seed) = seed.as_slice().try_into() else { bail!("{} does not contain a trustee's seed", path.shown()) };
    Ok(TrusteeSeed::from_bytes(seed))
}

/// The least length of a new passphrase, in characters. NIST SP 800-63B-4 requires it if a password is the only
/// protection.
const LEAST_PASSPHRASE: usize = 15;

/// The least number of different characters of a new passphrase.
const LEAST_DIFFERENT: usize = 6;

/// Opens a trustee's seed with a passphrase, from a file or typed by a person.
pub(crate) fn open_trustee_seed(seed: &Path, passphrase_file: Option<&Path>) -> Result<TrusteeSeed> {
    match passphrase_file {
        Some(file) => read_trustee_seed(seed, &passphrase_in(file)?),
        None => {
            // Nobody is asked for the passphrase of a file that is not there.
            fs::metadata(seed).with_context(|| format!("the seed {} cannot be read", seed.shown()))?;
            ask(|| read_trustee_seed(seed, &typed(&format!("Passphrase of {}: ", seed.shown()))?))
        }
    }
}

/// How often a person may type a secret.
const ATTEMPTS: usize = 3;

/// Asks a person at a terminal again if what was typed is wrong.
pub(crate) fn ask<T>(mut once: impl FnMut() -> Result<T>) -> Result<T> {
    for _ in 1..ATTEMPTS {
        match once() {
            Err(error) if is_at_a_terminal() => {
                print_to_stderr(error_text(&error));
                if let Some(remedy) = remedy_of(&error) {
                    print_to_stderr(remedy);
                }
            }
            answer => return answer,
        }
    }
    once()
}

/// The passphrase for a new seed, from a file or typed twice by a person.
pub(crate) fn new_passphrase(file: Option<&Path>, seed: &Path) -> Result<SecretString> {
    if file.is_some() { new_passphrase_once(file, seed) } else { ask(|| new_passphrase_once(None, seed)) }
}

fn new_passphrase_once(file: Option<&Path>, seed: &Path) -> Result<SecretString> {
    let passphrase = match file {
        Some(file) => passphrase_in(file)?,
        None => typed(&format!("New passphrase for {}, at least {LEAST_PASSPHRASE} characters: ", seed.shown()))?,
    };
    const SEVERAL_WORDS: &str =
        "take several words that nobody would guess together: a thief of the file can try for years";
    if passphrase.expose_secret().chars().count() < LEAST_PASSPHRASE {
        return Err(anyhow!("the passphrase is shorter than {LEAST_PASSPHRASE} characters")).remedy(SEVERAL_WORDS);
    }
    if passphrase.expose_secret().chars().collect::<BTreeSet<char>>().len() < LEAST_DIFFERENT {
        return Err(anyhow!("the passphrase has fewer than {LEAST_DIFFERENT} different characters"))
            .remedy(SEVERAL_WORDS);
    }
    if file.is_none() {
        let again = typed("Repeat the passphrase: ")?;
        ensure!(passphrase.expose_secret() == again.expose_secret(), "the two passphrases differ");
    }
    Ok(passphrase)
}

fn passphrase_in(file: &Path) -> Result<SecretString> {
    let text = read_typed(file);
    let text = text.with_context(|| format!("the file {} with the passphrase cannot be read", file.shown()))?;
    not_empty(SecretString::from(without_mark(&text).trim_end_matches(['\r', '\n'])))
}

/// Reads a passphrase or a voting code from a file, which may be a pipe from a program that keeps it.
fn read_typed(path: &Path) -> std::io::Result<Zeroizing<String>> {
    // The buffer must not grow, because bytes that are moved are not wiped.
    let mut text = Zeroizing::new(String::with_capacity(MAX_KEY_BYTES + 1));
    fs::File::open(path)?.take(MAX_KEY_BYTES as u64 + 1).read_to_string(&mut text)?;
    if text.len() > MAX_KEY_BYTES {
        return Err(std::io::Error::other("it is too long"));
    }
    Ok(text)
}

/// Longer than any key, passphrase or voting code.
const MAX_KEY_BYTES: usize = 64 << 10;

fn typed(prompt: &str) -> Result<SecretString> {
    const NO_TERMINAL: &str = "there is no terminal to type the passphrase; give it with --passphrase-file";
    not_empty(SecretString::from(rpassword::prompt_password(prompt).context(NO_TERMINAL)?))
}

fn not_empty(passphrase: SecretString) -> Result<SecretString> {
    ensure!(!passphrase.expose_secret().is_empty(), "the passphrase is empty");
    Ok(passphrase)
}

/// A text without the byte order mark with which some editors begin a file.
pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The text of the voting codes of a voter, one on each line: from files, which may have several lines, or typed by a person. The
/// election has `count` credential authorities, named so.
pub(crate) fn voting_codes_text(files: &[PathBuf], authorities: &[String]) -> Result<Zeroizing<String>> {
    // The text must not grow, because memory that it leaves is not wiped.
    let mut text = Zeroizing::new(String::with_capacity((MAX_KEY_BYTES + 1) * files.len().max(authorities.len())));
    for path in files {
        if path == Path::new("-") {
            for _ in 0..authorities.len().max(1) {
                let mut line = Zeroizing::new(String::with_capacity(MAX_KEY_BYTES));
                let input = std::io::stdin().lock();
                input.take(MAX_KEY_BYTES as u64).read_line(&mut line).context("the standard input is closed")?;
                text.push_str(without_mark(&line).trim());
                text.push('\n');
            }
            continue;
        }
        let read = read_typed(path);
        let read = read.with_context(|| format!("the file {} with the voting code cannot be read", path.shown()))?;
        text.push_str(without_mark(&read).trim());
        text.push('\n');
    }
    if files.is_empty() {
        for authority in authorities {
            let prompt = match authorities.len() {
                1 => "Voting code: ".to_owned(),
                _ => format!("Voting code of {}: ", crate::console::escaped(authority)),
            };
            let typed = rpassword::prompt_password(prompt).map(Zeroizing::new);
            let typed = typed.context("there is no terminal to type the voting code; give it with --code-file")?;
            text.push_str(typed.trim());
            text.push('\n');
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f13_editors_change_a_key_file_and_it_is_still_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        KeyFile::Note.write(&path, &Zeroizing::new([7; 32])).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        for edited in [format!("\u{feff}{text}"), text.replace('\n', "\r\n"), format!("{text}\n \r\n")] {
            fs::write(&path, edited).unwrap();
            assert_eq!(*KeyFile::Note.read(&path).unwrap(), [7; 32]);
        }
        for edited in ["\u{feff}one correct horse\r\n", "one correct horse\n\n\n", "one correct horse"] {
            fs::write(&path, edited).unwrap();
            assert_eq!(passphrase_in(&path).unwrap().expose_secret(), "one correct horse");
        }
    }

    /// Changes a byte of the header of a seed, and returns the error with the right passphrase.
    fn damaged_seed(find: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seed.age");
        let passphrase = SecretString::from("one correct horse");
        write_trustee_seed(&path, &TrusteeSeed::from_bytes(&[7; 32]), &passphrase, Some(2)).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        let at = bytes.windows(find.len()).position(|window| window == find.as_bytes()).unwrap() + find.len();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        fs::remove_file(&path).unwrap();
        fs::write(&path, bytes).unwrap();
        let error = read_trustee_seed(&path, &passphrase).err().unwrap();
        format!("{error:#}").replace(&path.display().to_string(), "FILE")
    }

    #[test]
    fn u11_equal_letters_are_no_passphrase() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passphrase");
        for (text, problem) in [
            ("aaaaaaaaaaaaaaaa", Some("the passphrase has fewer than 6 different characters")),
            ("abcdeabcdeabcdeabcde", Some("the passphrase has fewer than 6 different characters")),
            ("one correct hor", None),
        ] {
            fs::write(&path, text).unwrap();
            let error = new_passphrase(Some(&path), &path).err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), problem, "{text}");
        }
    }

    #[test]
    fn f14_a_damaged_header_is_not_a_wrong_passphrase() {
        let error = damaged_seed("\n--- ");
        assert!(error.starts_with("FILE is damaged: "), "{error}");
        // A damaged salt cannot be told from a wrong passphrase.
        let error = damaged_seed("-> scrypt ");
        assert!(error.starts_with("the passphrase does not open FILE"), "{error}");
    }

    #[test]
    fn the_error_of_a_damaged_key_shows_nothing_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        KeyFile::Note.write(&path, &Zeroizing::new([7; 32])).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(*KeyFile::Note.read(&path).unwrap(), [7; 32]);
        let header = text.lines().next().unwrap();
        for damaged in
            [text.replacen("07", "0y", 1), format!("{text}{text}"), format!("{header}\n07\n"), format!("{header}\n")]
        {
            assert_ne!(damaged, text);
            fs::write(&path, damaged).unwrap();
            let error = KeyFile::Note.read(&path).unwrap_err();
            assert_eq!(format!("{error:#}"), format!("{} is damaged", path.display()));
        }
    }
}
