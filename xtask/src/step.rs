//! Steps: commands that are timed and summarised, and easy to repeat after a failure.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};
use std::time::{Duration, Instant};

/// A command line, as it is run and as it is shown.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    words: Vec<String>,
    environment: Vec<(&'static str, &'static str)>,
    /// Variables that are not shown, because they are long and specific to this machine.
    secret: Vec<(&'static str, String)>,
    /// The folder of the repository in which the command runs.
    folder: &'static str,
}

impl Command {
    /// Makes a command from words that are separated by spaces.
    pub(crate) fn new(line: &str) -> Self {
        let words = line.split_whitespace().map(str::to_owned).collect();
        Self { words, environment: Vec::new(), secret: Vec::new(), folder: "" }
    }

    /// Makes a command from the path of a program, which may have spaces.
    pub(crate) fn program(path: &str) -> Self {
        Self { words: vec![path.to_owned()], environment: Vec::new(), secret: Vec::new(), folder: "" }
    }

    /// Makes a command that runs cargo.
    pub(crate) fn cargo(line: &str) -> Self {
        Self::new(&format!("cargo {line}"))
    }

    /// Appends arguments, which may have spaces.
    pub(crate) fn args(mut self, arguments: &[&str]) -> Self {
        self.words.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        self
    }

    /// Sets a variable of the environment. `RUSTFLAGS` must not be one: it would silently replace the flags of
    /// `.cargo/config.toml`, and with them the backend of the group.
    pub(crate) fn env(mut self, name: &'static str, value: &'static str) -> Self {
        self.environment.push((name, value));
        self
    }

    /// Sets a variable of the environment that is not shown.
    pub(crate) fn secretly(mut self, name: &'static str, value: String) -> Self {
        self.secret.push((name, value));
        self
    }

    /// Runs the command in a folder of the repository.
    pub(crate) fn within(mut self, folder: &'static str) -> Self {
        self.folder = folder;
        self
    }

    fn process(&self, folder: &Path) -> process::Command {
        let (program, arguments) = self.words.split_first().expect("a command has a program");
        let folder = folder.join(self.folder);
        // A relative path of a program is relative to the command's folder.
        let program = if program.contains('/') { folder.join(program) } else { program.into() };
        let mut process = process::Command::new(program);
        process.args(arguments).envs(self.environment.iter().copied()).current_dir(folder);
        process.envs(self.secret.iter().map(|(name, value)| (name, value)));
        process
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.environment {
            write!(f, "{name}={value} ")?;
        }
        f.write_str(&self.words.join(" "))?;
        if self.folder.is_empty() { Ok(()) } else { write!(f, "   (in {})", self.folder) }
    }
}

/// A step has failed and has printed the reason. No step follows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failed;

enum Outcome {
    Passed,
    Failed,
    Skipped { missing: String },
}

/// The steps of a task so far.
pub(crate) struct Steps {
    root: PathBuf,
    done: Vec<(String, Outcome, Duration)>,
}

impl Steps {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), done: Vec::new() }
    }

    /// The folder of the repository.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Whether a file of the repository exists.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    /// Runs a command as a step.
    pub(crate) fn run(&mut self, name: &str, command: Command) -> Result<(), Failed> {
        self.check(name, &command, |process| {
            let status = process.status().map_err(|error| error.to_string())?;
            if status.success() { Ok(()) } else { Err(status.to_string()) }
        })
    }

    /// Runs a command that downloads something as a step, and once more if it fails, since networks fail sometimes.
    pub(crate) fn run_again(&mut self, name: &str, command: &dyn Fn() -> Command) -> Result<(), Failed> {
        if self.run(name, command()).is_ok() {
            return Ok(());
        }
        self.done.pop();
        self.run(name, command())
    }

    /// Runs a function as a step.
    pub(crate) fn act(&mut self, name: &str, act: impl FnOnce() -> Result<(), String>) -> Result<(), Failed> {
        println!("\n== {name}");
        let start = Instant::now();
        let result = act();
        let outcome = if result.is_ok() { Outcome::Passed } else { Outcome::Failed };
        self.done.push((name.to_owned(), outcome, start.elapsed()));
        result.map_err(|fault| {
            println!("== {name}: FAILED: {fault}");
            Failed
        })
    }

    /// Runs a command as a step and checks its output.
    pub(crate) fn inspect(
        &mut self,
        name: &str,
        command: Command,
        judge: impl FnOnce(&str) -> Result<(), String>,
    ) -> Result<(), Failed> {
        self.check(name, &command, |process| {
            let output = process.stderr(Stdio::inherit()).output().map_err(|error| error.to_string())?;
            if output.status.success() {
                judge(&String::from_utf8_lossy(&output.stdout))
            } else {
                Err(output.status.to_string())
            }
        })
    }

    /// Skips a step, and prints what it would need.
    pub(crate) fn skip(&mut self, name: &str, missing: &str) {
        println!("\n== {name}: skipped, {missing}");
        self.done.push((name.to_owned(), Outcome::Skipped { missing: missing.to_owned() }, Duration::ZERO));
    }

    /// Whether a command that is not a step succeeds. Prints nothing.
    pub(crate) fn succeeds(&self, command: &Command) -> bool {
        let mut process = command.process(&self.root);
        process.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    fn check(
        &mut self,
        name: &str,
        command: &Command,
        run: impl FnOnce(&mut process::Command) -> Result<(), String>,
    ) -> Result<(), Failed> {
        println!("\n== {name}: {command}");
        let start = Instant::now();
        let result = run(&mut command.process(&self.root));
        let duration = start.elapsed();
        let outcome = if result.is_ok() { Outcome::Passed } else { Outcome::Failed };
        self.done.push((name.to_owned(), outcome, duration));
        match result {
            Ok(()) => {
                println!("== {name}: {:.1} s", duration.as_secs_f64());
                Ok(())
            }
            Err(fault) => {
                println!("== {name}: FAILED after {:.1} s: {fault}\n   repeat: {command}", duration.as_secs_f64());
                Err(Failed)
            }
        }
    }

    /// Prints one line for each step.
    pub(crate) fn print_summary(&self) {
        println!("\n{:>9}  step", "seconds");
        for (name, outcome, duration) in &self.done {
            let remark = match outcome {
                Outcome::Passed => String::new(),
                Outcome::Failed => " FAILED".to_owned(),
                Outcome::Skipped { missing } => format!(" skipped: {missing}"),
            };
            println!("{:9.1}  {name}{remark}", duration.as_secs_f64());
        }
    }
}
