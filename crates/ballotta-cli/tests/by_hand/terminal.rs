//! Progress bars are drawn on a terminal and removed again, and messages stay.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::people::{People, written};

const COLUMNS: usize = 80;

/// The board takes the authority's signature, has it already, refuses another one, and the voting is opened: a bar is drawn each time, and what
/// the command says stays.
pub(crate) fn bars_leave_what_is_said(people: &People, fingerprint: &str) {
    let add = "board add record --board-key board/key authority/signature";
    let Some(screen) = screen(people, add) else { return people.add("authority/signature").truncate(0) };
    assert_eq!(screen, ["authority/signature: entry 8"]);
    assert_eq!(self::screen(people, add).unwrap(), ["authority/signature: on the board already, as entry 8"]);
    // Another signature of the same authority.
    people.ok(&format!("authority sign record --key authority/key --fingerprint {fingerprint} --out authority/again"));
    let screen = self::screen(people, "board add record --board-key board/key authority/again").unwrap();
    let refused = "authority/again: refused: credential authority 1 has signed the roll already";
    assert_eq!(screen.concat(), format!("{refused}error: the file was refused"));
    let screen = self::screen(people, "organiser open record --yes --key organiser/key --out organiser/shown").unwrap();
    let [send, opening] =
        ["Send organiser/shown to the board.", "It is the opening of the election with this fingerprint:"];
    let row = format!("  fingerprint   {}", written(fingerprint));
    let status: Value = serde_json::from_str(&people.run("status record --json").stdout).unwrap();
    let whole = format!("                {}", status["fingerprint"].as_str().unwrap());
    // Notes of the verification come before these lines.
    let expected = [
        "This signs the opening of the voting:",
        "  election      A statute  (A REHEARSAL: the result does not count)",
        &row,
        &whole,
        "  voters        5",
        "  weight        5 in total",
        send,
        opening,
        fingerprint,
    ];
    assert!(screen.ends_with(&expected.map(str::to_owned)), "{screen:?}");
}

/// Runs the command on a terminal and returns the lines that are left on it; `None` if there is no `script`.
fn screen(people: &People, line: &str) -> Option<Vec<String>> {
    let command = format!("stty columns {COLUMNS} rows 24; exec '{}' {line}", env!("CARGO_BIN_EXE_ballotta"));
    let script = Command::new("script")
        .args(["--quiet", "--command", &command, "/dev/null"])
        .current_dir(people.root())
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .output();
    match script {
        Ok(output) if output.status.success() && !output.stdout.is_empty() => {
            let written = String::from_utf8(output.stdout).unwrap();
            assert!(written.contains("\x1b["), "no bar was drawn: {written}");
            Some(shown(&written))
        }
        other => {
            eprintln!("skipped: what bars leave on a terminal: `script` of util-linux makes none: {other:?}");
            None
        }
    }
}

/// A terminal, as far as bars need one.
fn shown(written: &str) -> Vec<String> {
    let mut lines = vec![Vec::new()];
    let (mut row, mut column) = (0_usize, 0_usize);
    let mut characters = written.chars();
    while let Some(character) = characters.next() {
        match character {
            '\r' => column = 0,
            '\n' => row += 1,
            '\x1b' => {
                assert_eq!(characters.next(), Some('['));
                let parameters: String = characters.as_str().chars().take_while(|next| !next.is_alphabetic()).collect();
                let number = parameters.parse().unwrap_or(1);
                match characters.nth(parameters.chars().count()).unwrap() {
                    'A' => row -= number,
                    'B' => row += number,
                    'K' if number == 2 => lines[row].clear(),
                    'm' | 'h' | 'l' => {}
                    other => panic!("the terminal of this test does not know {parameters}{other}"),
                }
            }
            other => {
                if column == COLUMNS {
                    (row, column) = (row + 1, 0);
                }
                lines.resize(lines.len().max(row + 1), Vec::new());
                let line = &mut lines[row];
                line.resize(line.len().max(column + 1), ' ');
                line[column] = other;
                column += 1;
            }
        }
        lines.resize(lines.len().max(row + 1), Vec::new());
    }
    let lines = lines.into_iter().map(|line| line.into_iter().collect::<String>().trim_end().to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}
