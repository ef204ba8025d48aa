#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (ballotta_fuzz::target("roll_change").run)(bytes));
