//! The command `ballotta`.

mod ballot_box;
mod chart;
mod console;
mod demo;
mod duties;
mod handover;
mod publish;
mod secrets;

use clap::Parser;

#[derive(Parser)]
enum Verb {
    Demo(demo::DemoArgs),
}

fn main() -> anyhow::Result<()> {
    match Verb::parse() {
        Verb::Demo(args) => {
            demo::run(&args, console::Console::new(false))?;
        }
    }
    Ok(())
}
