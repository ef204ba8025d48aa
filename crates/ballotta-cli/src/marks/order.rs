//! The order in which the options of a contest are shown to a voter who fills in a ballot.
//!
//! See `spec/manifest.md#order-of-options`.

use ballotta::contest::{ContestOption, Rule};
use ballotta::manifest::{Contest, ShownOrder};

/// The options of a contest as this voter sees them, in a language. The seed draws the order if it is `random`.
pub(super) fn shown<'c>(contest: &'c Contest, language: &str, seed: &[u8; 32]) -> Vec<&'c ContestOption> {
    let options = || contest.options.iter();
    let ordered: Vec<&ContestOption> = match contest.order {
        None => return options().collect(),
        Some(ShownOrder::Alphabetical) => {
            let mut ordered: Vec<&ContestOption> = options().collect();
            ordered.sort_by_cached_key(|option| {
                let title = option.title.get(language).unwrap_or(&option.id);
                (title.chars().flat_map(plain).collect::<String>(), title.to_owned())
            });
            ordered
        }
        Some(ShownOrder::Random) => {
            contest.drawn_order(seed).into_iter().filter_map(|option| contest.options.get(option)).collect()
        }
    };
    let Rule::Lists(rule) = &contest.rule else { return ordered };
    // The lists in this order, and the candidates of each list after it.
    let of_list = |option: &ContestOption| rule.lists.iter().find(|list| list.list == option.id);
    let lists = ordered.iter().filter_map(|option| Some((*option, of_list(option)?)));
    let with_candidates = lists.flat_map(|(option, list)| {
        let candidates = ordered.iter().filter(|option| list.candidates.contains(&option.id)).copied();
        std::iter::once(option).chain(candidates)
    });
    with_candidates.collect()
}

/// A letter in lower case, and without its accent if it is a usual one of the Latin script. Other letters come in the order of
/// Unicode.
fn plain(letter: char) -> impl Iterator<Item = char> {
    letter.to_lowercase().map(|letter| match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'ď' | 'đ' => 'd',
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'ī' | 'į' => 'i',
        'ł' | 'ľ' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ř' => 'r',
        'ś' | 'š' | 'ş' | 'ș' => 's',
        'ť' | 'ţ' | 'ț' => 't',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' | 'ų' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use ballotta::manifest::parse_contests;

    use super::*;

    fn contest(json: &str) -> Contest {
        parse_contests(json.as_bytes()).unwrap().remove(0)
    }

    fn ids(contest: &Contest, seed: u8) -> Vec<&str> {
        shown(contest, "en", &[seed; 32]).into_iter().map(|option| option.id.as_str()).collect()
    }

    fn choose(order: &str) -> Contest {
        let options = [("z", "Zoe"), ("e", "Élodie"), ("a", "ada"), ("f", "Fritz"), ("o", "Łukasz")];
        let options: Vec<String> =
            options.map(|(id, title)| format!(r#"{{"id":"{id}","title":{{"en":"{title}"}}}}"#)).into();
        contest(&format!(
            r#"[{{"id":"c","title":{{"en":"Who?"}},{order}"rule":{{"kind":"choose","min":0,"max":1,"blank":true}},"options":[{}]}}]"#,
            options.join(",")
        ))
    }

    #[test]
    fn options_have_the_order_of_the_manifest() {
        assert_eq!(ids(&choose(""), 1), ["z", "e", "a", "f", "o"]);
        assert_eq!(ids(&choose(r#""order":"alphabetical","#), 1), ["a", "e", "f", "o", "z"]);
        let drawn = choose(r#""order":"random","#);
        for seed in 0..9 {
            let expected = drawn.drawn_order(&[seed; 32]).into_iter().map(|option| drawn.options[option].id.as_str());
            assert_eq!(ids(&drawn, seed), expected.collect::<Vec<_>>());
        }
        assert!((1..9).any(|seed| ids(&drawn, seed) != ids(&drawn, 0)));
    }

    #[test]
    fn candidates_are_shown_with_their_list() {
        let options =
            [("south", "South"), ("zoe", "Zoe"), ("bob", "Bob"), ("north", "North"), ("eve", "Eve"), ("ada", "Ada")];
        let options: Vec<String> =
            options.map(|(id, title)| format!(r#"{{"id":"{id}","title":{{"en":"{title}"}}}}"#)).into();
        let lists = contest(&format!(
            r#"[{{"id":"c","title":{{"en":"Which list?"}},"order":"alphabetical","rule":{{"kind":"lists","lists":[
            {{"list":"south","candidates":["zoe","bob"]}},{{"list":"north","candidates":["eve","ada"]}}],
            "preferences":2,"across":false,"blank":true}},"options":[{}]}}]"#,
            options.join(",")
        ));
        assert_eq!(ids(&lists, 0), ["north", "ada", "eve", "south", "bob", "zoe"]);
    }
}
