//! One small sample of every format, in `tests/samples`: it is found by its beginning, and counts as expected. None of the
//! elections is real.

use std::path::Path;

use ballotta_replay::{Comparison, Format, Source, compare, count};

/// A sample, its format, its number of ballots, the totals of its first contest, and the number of its notes.
const SAMPLES: [(&str, &str, usize, &[u64], usize); 13] = [
    ("budget.pb", "pabulib", 3, &[3, 1, 0], 0),
    ("dominion.csv", "dominion", 3, &[1, 1], 1),
    ("nist.json", "nist", 2, &[1, 0], 1),
    ("ess.csv", "ess", 3, &[2, 0], 3),
    ("clearballot.csv", "clearballot", 3, &[1, 1], 1),
    ("ranked.csv", "ranked", 3, &[1, 1, 0], 2),
    ("ballots.raire", "raire", 3, &[2, 1, 0], 0),
    ("votekit.csv", "votekit", 5, &[3, 0, 0], 1),
    ("scottish.csv", "votekit", 7, &[4, 2, 1], 1),
    ("dinner.toi", "preflib", 6, &[3, 0, 1], 1),
    ("dinner.cat", "preflib", 5, &[3, 3, 0], 0),
    ("club.blt", "blt", 7, &[3, 0, 2], 3),
    ("lines.txt", "rankings", 7, &[4, 2, 0, 1], 0),
];

#[test]
fn every_sample_is_read() {
    let folder = Path::new("tests/samples");
    for (name, format, ballots, totals, notes) in SAMPLES {
        let source = Source::open(&folder.join(name)).unwrap();
        let found = Format::detect(&source).unwrap();
        assert_eq!(found.name(), format, "{name}");
        let read = found.read(&source).unwrap();
        let counts = count(&read);
        assert_eq!((read.len(), counts[0].options.as_slice()), (ballots, totals), "{name}");
        assert_eq!(read.notes().len(), notes, "{name}: {:#?}", read.notes());
        assert!(compare(&read, &counts, None).iter().all(Comparison::agrees), "{name}");
    }
    let files = std::fs::read_dir(folder).unwrap().count();
    assert_eq!(files, SAMPLES.len(), "every sample is read");
}
