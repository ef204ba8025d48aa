//! The output of the command as transcripts. `TRYCMD=overwrite cargo test -p ballotta-cli --test cli` updates them.

#[test]
fn transcripts() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd");
}
