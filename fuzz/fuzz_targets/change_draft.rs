#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (ballotta_fuzz::target("change_draft").run)(bytes));
