//! A change of the roll of two credential authorities: each call of `credentials approve` is interrupted.

use std::fs;
use std::path::Path;

use ballotta::credential::{ChangeDraft, Credential, VotingCode, VotingCodes};
use ballotta::index::AuthorityIndex;
use ballotta::message::Message;
use ballotta::rand_core::UnwrapErr;
use ballotta::voter::Election;
use ballotta_io::FolderRecord;
use getrandom::SysRng;

use super::{Call, all, folder_with, interrupt, ok, read, run, shown};

/// The second office adds its part and signs; the first one then signs.
const SECOND: &str = "credentials approve record draft1 --key authority2.key --codes new-codes2 --out draft2";
const FIRST: &str = "credentials approve record draft2 --key authority1.key --out change";
const BOARD: &str = "board add record --board-key board.key change";

/// Makes a record with an open voting, two offices, and the draft of the first of them for a lost code.
fn begin(folder: &Path) {
    fs::write(folder.join("passphrase"), "one correct horse\n").unwrap();
    let organiser = ok(folder, "organiser new --out organiser.key");
    let (one, two) =
        (ok(folder, "authority new --out authority1.key"), ok(folder, "authority new --out authority2.key"));
    let board = ok(folder, "board new --name board.example --out board.key");
    let trustee = ok(folder, "trustee new --out seed.age --passphrase-file passphrase --work-factor 2");
    ok(
        folder,
        &format!(
            "manifest new --title A --rehearsal --language en --contest c=C --option c/yes=Yes --option c/no=No \
             --organiser {organiser} --authority A={one} --authority B={two} --trustee T={trustee} --threshold 1 \
             --board board.example={board} --closing statements --minimum-ballots 1 --roll-changes 2 \
             --out manifest.json"
        ),
    );
    ok(folder, "record new --manifest manifest.json --board-key board.key record");
    for step in 1..=4 {
        ok(
            folder,
            &format!("trustee ceremony record --key seed.age --passphrase-file passphrase --out ceremony{step}"),
        );
        ok(folder, &format!("board add record --board-key board.key ceremony{step}"));
    }
    ok(folder, "credentials part record --key authority1.key --voters 2 --codes codes1 --out part1");
    ok(folder, "credentials part record --key authority2.key --from part1 --codes codes2 --out part2");
    let fingerprint = ok(folder, "credentials combine record part1 part2");
    for office in [1, 2] {
        ok(
            folder,
            &format!(
                "authority sign record --key authority{office}.key --fingerprint {fingerprint} --codes codes{office} \
                 --parts part1 part2 --letters letters{office} --out signature{office}"
            ),
        );
        ok(folder, &format!("board add record --board-key board.key signature{office} signature{office}.parts"));
    }
    ok(folder, "organiser open record --key organiser.key --out opening");
    ok(folder, "board add record --board-key board.key opening");
    let letters = fs::read_to_string(folder.join("letters1")).unwrap();
    // The drafts for two voters, of whom the board can take one next.
    for (voter, name) in [(1, "1"), (2, "-other")] {
        let lost = letters.lines().nth(voter).unwrap().split(',').nth(2).unwrap();
        let files = format!("--codes new-codes{name} --out draft{name}");
        ok(folder, &format!("credentials replace record --key authority1.key --voter {lost} {files}"));
    }
}

/// The only code in the file of an office.
fn code(folder: &Path, office: u8) -> String {
    let codes = fs::read_to_string(folder.join(format!("new-codes{office}"))).unwrap();
    let lines: Vec<&str> = codes.lines().skip(1).collect();
    assert_eq!(lines.len(), 1, "{codes}");
    lines[0].split(',').nth(1).unwrap().to_owned()
}

/// Checks that the draft of the second office has the part of the code in its file.
pub(super) fn check_draft(folder: &Path, what: &str) {
    let record = FolderRecord::new(&folder.join("record"));
    let election = Election::read(&record, &mut UnwrapErr(SysRng)).unwrap();
    let code: VotingCode = code(folder, 2).parse().unwrap();
    let (manifest, joint_key) = (election.context.manifest().hash(), election.context.joint_key_hash());
    let part = Credential::derive(&code, manifest, joint_key).unwrap();
    let draft = fs::read_to_string(folder.join("draft2")).unwrap();
    let draft = ChangeDraft::decode(&Message::parse(&draft).unwrap().bytes).unwrap();
    let second = AuthorityIndex::new(2).unwrap();
    assert_eq!(draft.part(second), Some(part.public()), "{what}: the draft is not of the code");
}

/// Each operation of both calls may be the last one: the same call finishes them.
#[test]
fn an_approval_that_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    begin(folder);
    for line in [SECOND, FIRST] {
        let before = read(folder);
        ok(folder, line);
        let call = Call { is_deterministic: false, line: line.to_owned(), before, after: read(folder) };
        for kind in ["abort", "fail", "full"] {
            let found = all(|operation| interrupt(&call, kind, operation));
            assert!(found > 2, "{line} has {found} operations");
        }
    }
    ok(folder, BOARD);
    ok(folder, "verify record --stage voting");
}

/// The first office makes its draft again, with another code. The approval of the earlier one is not finished for it: the codes of the
/// voter would not be those of the change.
#[test]
fn an_approval_of_a_draft_that_was_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    begin(folder);
    ok(folder, SECOND);
    fs::rename(folder.join("new-codes2"), folder.join("new-codes2.part")).unwrap();
    for file in ["draft1", "new-codes1"] {
        fs::remove_file(folder.join(file)).unwrap();
    }
    let letters = fs::read_to_string(folder.join("letters1")).unwrap();
    let lost = letters.lines().nth(1).unwrap().split(',').nth(2).unwrap();
    let files = "--codes new-codes1 --out draft1";
    ok(folder, &format!("credentials replace record --key authority1.key --voter {lost} {files}"));
    let ran = run(folder, SECOND, None);
    let refused = "new-codes2.part has codes of another call, which was interrupted: its changes are draft2";
    assert!(ran.status.code() == Some(1) && shown(&ran).contains(refused), "{}", shown(&ran));
}

/// The second office is interrupted, and sends on the draft that it finds. When the change is on the board, its code is not lost:
/// the same call gives the code its name, and the voter votes with it.
#[test]
fn a_draft_that_was_sent_on_before_its_codes_had_their_name() {
    let folder = tempfile::tempdir().unwrap();
    begin(folder.path());
    let before = read(folder.path());
    let (mut sent_on, mut used_again) = (0, 0);
    for operation in 1.. {
        let folder = folder_with(&before);
        let folder = folder.path();
        let ran = run(folder, SECOND, Some(&format!("abort:{operation}")));
        if ran.status.success() {
            break;
        }
        let what = format!("abort:{operation}\n{}", shown(&ran));
        assert!(what.contains("injected: "), "{what}");
        let (draft, codes, part) = (folder.join("draft2"), folder.join("new-codes2"), folder.join("new-codes2.part"));
        let whole = fs::read_to_string(&part).is_ok_and(|text| text.lines().count() == 2 && text.ends_with('\n'));
        if whole && !codes.exists() {
            // The draft was sent on, or was never there: the same call makes it of the same code, and no other call takes the code.
            let copy = folder_with(&read(folder));
            let copy = copy.path();
            if draft.exists() {
                fs::remove_file(copy.join("draft2")).unwrap();
            }
            let ran = run(copy, &SECOND.replace("draft1", "draft-other"), None);
            let refused =
                "new-codes2.part has codes of another call, which was interrupted, and the drafts of them are not";
            assert!(ran.status.code() == Some(1) && shown(&ran).contains(refused), "{what}{}", shown(&ran));
            ok(copy, SECOND);
            assert_eq!(fs::read(copy.join("new-codes2")).unwrap(), fs::read(&part).unwrap(), "{what}");
            check_draft(copy, &what);
            used_again += 1;
        }
        if draft.exists() {
            ok(folder, FIRST);
            ok(folder, BOARD);
            sent_on += 1;
            // Without the draft, nobody knows whether the codes are used: they are kept.
            if !codes.exists() {
                fs::rename(&draft, folder.join("away")).unwrap();
                let ran = run(folder, SECOND, None);
                let refused = "has codes of a call that was interrupted, and the drafts of them are not here";
                assert!(ran.status.code() == Some(1) && shown(&ran).contains(refused), "{what}{}", shown(&ran));
                assert!(part.exists(), "{what}");
                fs::rename(folder.join("away"), &draft).unwrap();
            }
            let again = shown(&run(folder, SECOND, None));
            let finished = ["this call has finished what was interrupted", "already"];
            assert!(finished.iter().any(|text| again.contains(text)), "{what}\n{again}");
        } else {
            ok(folder, SECOND);
            ok(folder, FIRST);
            ok(folder, BOARD);
        }
        let record = FolderRecord::new(&folder.join("record"));
        let election = Election::read(&record, &mut UnwrapErr(SysRng)).unwrap();
        let codes: VotingCodes = format!("{}\n{}", code(folder, 1), code(folder, 2)).parse().unwrap();
        assert!(election.voter(&record, &codes).is_ok(), "{what}: the codes are not those on the board");
    }
    assert!(sent_on > 0 && used_again > sent_on, "{sent_on} drafts were there, {used_again} codes were used again");
}
