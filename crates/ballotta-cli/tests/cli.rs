//! What the command prints, as transcripts: `TRYCMD=overwrite cargo test -p ballotta-cli --test cli` writes them anew.

#[test]
fn transcripts() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd");
}
