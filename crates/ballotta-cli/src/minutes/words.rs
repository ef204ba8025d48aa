//! The words of the minutes, in every language that they have.
//!
//! In Italian the minutes are the `verbale`; the record of an election is called its `atti` here, and not `verbale` as in
//! reports.

use clap::ValueEnum;

use super::model::{Line, Span};
use crate::console::{grouped, percent};

/// A language of the minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// English
    En,
    /// Italian
    It,
}

impl Language {
    /// The tag of the language.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::It => "it",
        }
    }

    /// The language of the minutes for texts with this tag, if they have one.
    pub(super) fn of(tag: &str) -> Option<Self> {
        match tag.split('-').next() {
            Some("en") => Some(Self::En),
            Some("it") => Some(Self::It),
            _ => None,
        }
    }

    /// A whole number with its digits in groups.
    pub(super) fn number(self, number: u64) -> String {
        match self {
            Self::En => grouped(number),
            Self::It => grouped(number).replace(',', "."),
        }
    }

    /// A part of a whole as a percentage with two decimals.
    pub(super) fn share(self, part: u64, whole: u64) -> String {
        match self {
            Self::En => percent(part, whole),
            Self::It => percent(part, whole).replace('.', ","),
        }
    }

    /// A number, and its share of a whole.
    pub(super) fn with_share(self, part: u64, whole: u64) -> String {
        format!("{} ({})", self.number(part), self.share(part, whole))
    }

    /// A word or a sentence without values.
    pub(super) fn word(self, words: Words) -> String {
        words.text(self).to_owned()
    }

    /// A sentence with values in place of `{name}`.
    pub(super) fn say(self, words: Words, values: &[(&str, &[Span])]) -> Line {
        let mut line = Vec::new();
        let mut rest = words.text(self);
        while let Some((before, (name, after))) =
            rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            if !before.is_empty() {
                line.push(Span::Text(before.to_owned()));
            }
            line.extend(values.iter().filter(|(known, _)| *known == name).flat_map(|(_, value)| value.iter().cloned()));
            rest = after;
        }
        if !rest.is_empty() {
            line.push(Span::Text(rest.to_owned()));
        }
        line
    }

    /// A sentence with texts in place of `{name}`.
    pub(super) fn tell(self, words: Words, values: &[(&str, String)]) -> Line {
        let spans: Vec<(&str, [Span; 1])> =
            values.iter().map(|(name, value)| (*name, [Span::Text(value.clone())])).collect();
        let values: Vec<(&str, &[Span])> = spans.iter().map(|(name, value)| (*name, value.as_slice())).collect();
        self.say(words, &values)
    }
}

/// A text in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Words {
    en: &'static str,
    it: &'static str,
}

impl Words {
    fn text(self, language: Language) -> &'static str {
        match language {
            Language::En => self.en,
            Language::It => self.it,
        }
    }
}

// A text that lacks a language does not compile.
macro_rules! words {
    ($($name:ident = $en:literal, $it:literal;)+) => {
        $(pub(super) const $name: Words = Words { en: $en, it: $it };)+

        #[cfg(test)]
        const ALL: &[Words] = &[$($name),+];
    };
}

words! {
    // The beginning.
    MINUTES_OF = "Minutes: {title}", "Verbale: {title}";
    AN_ELECTION = "an election", "un’elezione";
    REHEARSAL = "A REHEARSAL: the result does not count", "UNA PROVA: il risultato non vale";
    HOLDS = "The record holds: every check that could be made passed, and the result below is the sum of the ballots on the board.",
        "Gli atti sono validi: tutti i controlli possibili sono superati, e il risultato qui sotto è la somma delle schede sulla bacheca.";
    HOLDS_WITH_FINDINGS = "The record holds, with findings: somebody broke rules in a way that changes nothing in the result below.",
        "Gli atti sono validi, con irregolarità: qualcuno ha violato delle regole in un modo che non cambia il risultato qui sotto.";
    NOT_COMPLETE = "THE RECORD IS NOT COMPLETE. There is no result yet.", "GLI ATTI NON SONO COMPLETI. Non c’è ancora un risultato.";
    AWAITED = "Awaited: {who}.", "Si attende: {who}.";
    DOES_NOT_HOLD = "THE RECORD DOES NOT HOLD. These minutes contain no result. Do not rely on any number of this election before the failures below are explained.",
        "GLI ATTI NON SONO VALIDI. Questo verbale non contiene alcun risultato. Nessun numero di questa elezione è affidabile prima che siano spiegati gli errori indicati sotto.";
    CANCELLED = "THE ORGANISER HAS CANCELLED THE ELECTION. No ballot counts, and there is no result.",
        "L’ORGANIZZATORE HA ANNULLATO L’ELEZIONE. Nessuna scheda conta, e non c’è un risultato.";
    CANCELLED_BECAUSE = "The reason, signed by the organiser: {reason}.", "Il motivo, firmato dall’organizzatore: {reason}.";
    HOLDS_CANCELLED = "The record holds: every check that could be made of it passed.",
        "Gli atti sono validi: tutti i controlli possibili sono superati.";
    HOLDS_CANCELLED_FINDINGS = "The record holds, with findings: somebody broke rules in a way that changes nothing.",
        "Gli atti sono validi, con irregolarità: qualcuno ha violato delle regole in un modo che non cambia nulla.";
    NOT_COMPLETE_CANCELLED = "THE RECORD IS NOT COMPLETE: a part of it is missing.", "GLI ATTI NON SONO COMPLETI: ne manca una parte.";
    FOOT_CANCELLED = "CANCELLED", "ANNULLATA";
    FOOT_NOT_COMPLETE = "NOT COMPLETE", "NON COMPLETI";
    FOOT_DOES_NOT_HOLD = "DOES NOT HOLD", "NON VALIDI";
    FOOT_REHEARSAL = "REHEARSAL", "PROVA";
    FOOT_FINGERPRINT = "fingerprint {fingerprint}", "impronta {fingerprint}";
    PAGE = "page {page} of {pages}", "pagina {page} di {pages}";

    // The election.
    ELECTION = "The election", "L’elezione";
    TITLE = "Title", "Titolo";
    ELECTION_ID = "Election id", "Identificativo dell’elezione";
    KIND = "Kind", "Tipo";
    KIND_REAL = "an election", "un’elezione";
    KIND_REHEARSAL = "a rehearsal, not an election", "una prova, non un’elezione";
    FINGERPRINT = "Fingerprint", "Impronta";
    FINGERPRINT_PINNED = "It is the one with which this record was compared.", "È quella con cui questi atti sono stati confrontati.";
    FINGERPRINT_COMPARE = "Compare it with the one that the voters were shown.", "Da confrontare con quella mostrata ai votanti.";
    NO_FINGERPRINT = "not fixed yet: keys or roll are missing", "non ancora stabilita: mancano le chiavi o l’elenco";
    MANIFEST_HASH = "Hash of the manifest", "Hash del manifesto";
    PLANNED_OPENING = "Planned opening", "Apertura prevista";
    PLANNED_CLOSE = "Planned close", "Chiusura prevista";
    OPENED = "Opened", "Aperta";
    CLOSED = "Closed", "Chiusa";
    CANCELLED_AT = "Cancelled", "Annullata";
    AT_ENTRY = "with entry {index} of the board", "con la voce {index} della bacheca";
    CUT_OFF = "Changes of the roll ended", "Fine dei cambiamenti dell’elenco";
    NO_CUT_OFF = "at the close: there was no cut-off before it", "alla chiusura: non è stata anticipata";
    PLANNED_TIMES = "The planned times are those of the manifest.", "Gli orari previsti sono quelli del manifesto.";
    NO_CLOCK = "The board is a log that records the order of its entries and no time: what was opened and closed when, people attest with their signatures.",
        "La bacheca è un registro che conserva l’ordine delle voci e non l’ora: quando si è aperto e chiuso lo attestano le persone che firmano.";

    NO_CLOCK_CANCELLED = "The board is a log that records the order of its entries and no time: what was opened and cancelled when, people attest with their signatures.",
        "La bacheca è un registro che conserva l’ordine delle voci e non l’ora: quando si è aperto e annullato lo attestano le persone che firmano.";

    // The rules.
    RULES = "The rules", "Le regole";
    RULE_WEIGHTS = "Voters have weights (unit: {unit}; at most {max} for one voter). Totals are sums of weights, not numbers of ballots.",
        "I votanti hanno pesi (unità: {unit}; al massimo {max} per votante). I totali sono somme di pesi, non numeri di schede.";
    RULE_EQUAL = "Every voter has the same weight.", "Ogni votante ha lo stesso peso.";
    RULE_REVOTE = "A voter may vote again, with at most {most} ballots in all; the last valid ballot counts.",
        "Chi vota può votare di nuovo, con al massimo {most} schede in tutto; conta l’ultima scheda valida.";
    RULE_NO_REVOTE = "A voter votes once; the first valid ballot counts.", "Si vota una volta sola; conta la prima scheda valida.";
    RULE_TIES_OPEN = "Ties stay open: the result names those that tie.", "Le parità restano aperte: il risultato indica chi è alla pari.";
    RULE_TIES_LOT = "Ties are decided by a lot that only enough trustees together can draw, after the close.",
        "Le parità si decidono con un sorteggio che solo un numero sufficiente di custodi può fare insieme, dopo la chiusura.";
    RULE_PRIVACY = "Ballots that a contest needs before it is decrypted: {ballots}; of every weight that occurs: {weight}.", "Schede necessarie perché un quesito sia decifrato: {ballots}; per ogni peso presente: {weight}.";
    RULE_ROLL_FIXED = "The roll does not change after the opening.", "Dopo l’apertura l’elenco non cambia.";
    RULE_ROLL_CHANGES = "Changes of the roll while the voting is open, at most: {number}. All credential authorities sign each of them.",
        "Cambiamenti dell’elenco a votazione aperta, al massimo: {number}. Li firmano tutte le autorità delle credenziali.";
    RULE_ROLL_CHANGES_WEIGHT = "Changes of the roll while the voting is open, at most: {number}, of weight {weight} together. All credential authorities sign each of them.",
        "Cambiamenti dell’elenco a votazione aperta, al massimo: {number}, con peso {weight} in tutto. Li firmano tutte le autorità delle credenziali.";
    RULE_QUORUM_MORE = "Quorum: more than {fraction} of {base} must take part. Without it nobody is elected and no motion passes.",
        "Quorum: deve partecipare più di {fraction} {base}. Senza quorum nessuno è eletto e nessuna proposta è approvata.";
    RULE_QUORUM_LEAST = "Quorum: at least {fraction} of {base} must take part. Without it nobody is elected and no motion passes.",
        "Quorum: deve partecipare almeno {fraction} {base}. Senza quorum nessuno è eletto e nessuna proposta è approvata.";
    RULE_NO_QUORUM = "There is no quorum.", "Non è previsto un quorum.";
    BASE_HEADS_ROLL = "the voters on the roll", "dei votanti nell’elenco";
    BASE_HEADS_CAST = "the voters whose ballots count", "dei votanti le cui schede contano";
    BASE_WEIGHT_ROLL = "the weight on the roll", "del peso nell’elenco";
    BASE_WEIGHT_CAST = "the weight of the ballots that count", "del peso delle schede che contano";
    RULE_CHOOSE_ONE = "A voter chooses 1 option.", "Si sceglie 1 opzione.";
    RULE_CHOOSE = "A voter chooses {number} options.", "Si scelgono {number} opzioni.";
    RULE_CHOOSE_RANGE = "A voter chooses from {min} to {max} options.", "Si scelgono da {min} a {max} opzioni.";
    RULE_SCORE = "A voter gives each option from 0 to {max} points.", "Si danno a ogni opzione da 0 a {max} punti.";
    RULE_SUM_MOST = "All points together are at most {total}.", "I punti in tutto sono al massimo {total}.";
    RULE_SUM_EXACT = "All points together are exactly {total}.", "I punti in tutto sono esattamente {total}.";
    RULE_CUMULATIVE = "A voter distributes points over the options, at most {max} to one.",
        "Si distribuiscono punti tra le opzioni, al massimo {max} a una.";
    RULE_SPLIT = "A voter divides the own weight among the options.", "Si divide il proprio peso tra le opzioni.";
    RULE_QUADRATIC = "A voter buys votes for options with {credits} credits; v votes for one option cost v × v credits.",
        "Si acquistano voti per le opzioni con {credits} crediti; v voti per un’opzione costano v × v crediti.";
    RULE_POSITIONAL = "A voter ranks options. The places give, from the first: {scores} points.",
        "Si mettono le opzioni in ordine. I posti danno, dal primo: {scores} punti.";
    RULE_TRUNCATED = "A voter may fill only the first places.", "Si possono occupare solo i primi posti.";
    RULE_GRADES = "A voter gives every option one of these grades: {grades}.", "Si dà a ogni opzione uno di questi giudizi: {grades}.";
    RULE_PAIRS = "A voter ranks the options, and every two options are compared. The ranking follows the method {method}.",
        "Si mettono le opzioni in ordine, e si confrontano a due a due. La graduatoria segue il metodo {method}.";
    RULE_PAIRS_TIES = "Options may share a place or be left out.", "Più opzioni possono avere lo stesso posto o restare fuori.";
    RULE_LISTS = "A voter chooses 1 list, and may prefer some of its candidates, at most: {number}.", "Si sceglie 1 lista, e si possono preferire suoi candidati, al massimo: {number}.";
    RULE_LISTS_ACROSS = "A voter chooses 1 list, and may prefer candidates of any list, at most: {number}.", "Si sceglie 1 lista, e si possono preferire candidati di qualsiasi lista, al massimo: {number}.";
    RULE_LISTS_GROUP = "Preferences for these together, at most {max}: {names}.", "Preferenze per questi insieme, al massimo {max}: {names}.";
    RULE_BLANK = "A blank vote is allowed, and is counted separately.", "La scheda bianca è ammessa e si conta a parte.";
    RULE_OTHER = "The rule is in the manifest.", "La regola è nel manifesto.";
    RULE_OPTIONS = "Options: {names}.", "Opzioni: {names}.";
    RULE_LIST_OF = "{list}: {names}.", "{list}: {names}.";
    RULE_WINNERS = "Places: {number}, in the order of the ranking. Nobody is elected without a vote.", "Posti: {number}, nell’ordine della graduatoria. Nessuno è eletto senza voti.";
    RULE_GROUP_MOST = "Elected of the group {group}: at most {number} ({names}).", "Eletti del gruppo {group}: al massimo {number} ({names}).";
    RULE_GROUP_LEAST = "Places that are kept for the group {group}: {number} ({names}).", "Posti riservati al gruppo {group}: {number} ({names}).";
    RULE_MOTION = "The contest is a motion: votes for it are those for {for}, votes against it those for {against}. It passes if the votes for it are:",
        "Il quesito è una proposta: sono voti a favore quelli per {for}, contro quelli per {against}. È approvata se i voti a favore sono:";
    RULE_SEATS = "Seats for the lists: {number}, by {method}. Seats of a list go to its candidates {people}.", "Seggi per le liste: {number}, con {method}. I seggi di una lista vanno ai suoi candidati {people}.";
    PEOPLE_PREFERENCES = "with the most preferences", "con più preferenze";
    PEOPLE_PREFERENCES_ORDER = "with the most preferences, and of equal ones in the order of the list",
        "con più preferenze, e a parità nell’ordine di lista";
    PEOPLE_ORDER = "in the order of the list", "nell’ordine di lista";
    REMAINDERS = "largest remainders", "i resti più alti";
    RANKED_PAIRS = "ranked pairs", "coppie ordinate";
    MORE_THAN_OF = "more than {fraction} of {base}", "più di {fraction} {base}";
    AT_LEAST_OF = "at least {fraction} of {base}", "almeno {fraction} {base}";
    OF_VOTES = "the votes for and against", "dei voti a favore e contro";
    OF_BALLOTS = "the weight of all ballots in the contest", "del peso di tutte le schede nel quesito";
    OF_ROLL = "the weight of all voters who have the contest", "del peso di tutti gli aventi diritto al quesito";

    // The keys.
    KEYS = "Who holds which key", "Chi tiene quali chiavi";
    ROLE = "Role", "Ruolo";
    NAME = "Name", "Nome";
    KEY = "Public key (first digits)", "Chiave pubblica (prime cifre)";
    ORGANISER = "organiser", "organizzatore";
    AUTHORITY = "credential authority {number}", "autorità delle credenziali {number}";
    TRUSTEE = "trustee {number}", "custode {number}";
    BOARD = "board", "bacheca";
    WITNESS = "witness {number}", "testimone {number}";
    PARTS = "Every voter has a code of each credential authority, and needs all of them to vote. Authorities: {number}.",
        "Ogni votante ha un codice da ciascuna autorità delle credenziali, e per votare servono tutti. Autorità: {number}.";
    THRESHOLD = "Trustees needed to decrypt the totals: {threshold} of {number}; fewer cannot.", "Custodi necessari per decifrare i totali: {threshold} di {number}; meno non bastano.";
    CLOSING_STATEMENTS = "Before they decrypt, trustees sign equal statements of the closed board and its sums; needed: {number}.", "Prima di decifrare, i custodi firmano dichiarazioni uguali sulla bacheca chiusa e sulle sue somme; ne servono: {number}.";
    CLOSING_WITNESSES = "Before the trustees decrypt, witnesses cosign the checkpoint of the closed board; needed: {number} of {all}.", "Prima che i custodi decifrino, i testimoni controfirmano il checkpoint della bacheca chiusa; ne servono: {number} di {all}.";

    // The turnout.
    TURNOUT = "Turnout", "Affluenza";
    VOTERS = "Voters on the roll", "Votanti nell’elenco";
    VOTERS_OPENING = "Voters on the roll at the opening", "Votanti nell’elenco all’apertura";
    VOTERS_CLOSE = "Voters on the roll at the close", "Votanti nell’elenco alla chiusura";
    BALLOTS = "Ballots that count", "Schede che contano";
    WEIGHT_ROLL = "Weight on the roll", "Peso nell’elenco";
    WEIGHT_OPENING = "Weight on the roll at the opening", "Peso nell’elenco all’apertura";
    WEIGHT_CLOSE = "Weight on the roll at the close", "Peso nell’elenco alla chiusura";
    WEIGHT_BALLOTS = "Weight of the ballots that count", "Peso delle schede che contano";
    QUORUM = "Quorum", "Quorum";
    QUORUM_REACHED = "{rule}: {counted} of {base} count: reached", "{rule}: contano {counted} di {base}: raggiunto";
    QUORUM_NOT_REACHED = "{rule}: {counted} of {base} count: NOT REACHED", "{rule}: contano {counted} di {base}: NON RAGGIUNTO";
    ROLL_CHANGES = "Changes of the roll while the voting was open:", "Cambiamenti dell’elenco a votazione aperta:";
    REASON = "Reason", "Motivo";
    NUMBER = "Number", "Numero";
    CHANGE_LOST_CODE = "lost code", "codice smarrito";
    CHANGE_LATE_MEMBER = "voter added late", "votante aggiunto dopo";
    CHANGE_ERROR = "error", "errore";
    CHANGE_LEFT = "voter left", "votante uscito";

    // The result.
    RESULT = "The result", "Il risultato";
    IN_CONTEST_EQUAL = "Ballots in this contest: {ballots}.", "Schede in questo quesito: {ballots}.";
    IN_CONTEST = "Ballots in this contest: {ballots}, of weight {weight} together.", "Schede in questo quesito: {ballots}, con peso {weight} in tutto.";
    WITHHELD_FEW = "The totals stay encrypted, because they would give single votes away. Ballots that count here: {ballots}; required by the manifest: {minimum}.", "I totali restano cifrati, perché rivelerebbero singoli voti. Schede che contano qui: {ballots}; richieste dal manifesto: {minimum}.";
    WITHHELD_RARE = "The totals stay encrypted: too few ballots have the same weight, and would give single votes away.",
        "I totali restano cifrati: troppo poche schede hanno lo stesso peso, e rivelerebbero singoli voti.";
    PLACE = "Place", "Posto";
    OPTION = "Option", "Opzione";
    LIST = "List", "Lista";
    CANDIDATE = "Candidate", "Candidato";
    PREFERENCES = "Preferences", "Preferenze";
    SHARE = "Share", "Quota";
    AVERAGE = "Average", "Media";
    POINTS = "Points", "Punti";
    VOTES = "Votes", "Voti";
    OUTCOME = "Outcome", "Esito";
    BLANK = "blank votes", "schede bianche";
    BLANK_VOTES = "Blank votes: {total}.", "Schede bianche: {total}.";
    MAJORITY_GRADE = "Majority grade", "Giudizio maggioritario";
    NONE = "none", "nessuno";
    OUTCOME_ELECTED = "elected", "eletto/a";
    OUTCOME_MOVED_UP = "elected (moved up)", "eletto/a (per scorrimento)";
    OUTCOME_LOT = "elected (by lot)", "eletto/a (per sorteggio)";
    OUTCOME_TIED = "ties", "alla pari";
    OUTCOME_PASSED_OVER = "passed over", "non eletto/a per un gruppo";
    NUMBER_ELECTED = "Places taken: {elected} of {number}.", "Posti assegnati: {elected} di {number}.";
    ELECTED = "Elected: {names}.", "Risultano eletti: {names}.";
    NOBODY_ELECTED = "Nobody is elected.", "Nessuno è eletto.";
    BY_RANKING = "by the ranking", "per graduatoria";
    BY_MOVED_UP = "moved up", "per scorrimento";
    BY_LOT = "by lot", "per sorteggio";
    BY_PREFERENCES = "by preferences", "per preferenze";
    BY_ORDER = "by the order of the list", "per ordine di lista";
    PASSED_OVER = "Passed over: {name}, because of the group {group}.", "Posto non assegnato a {name}, per il gruppo {group}.";
    TIE_FOR = "These tie: {names}.", "Sono alla pari: {names}.";
    OPEN_PLACES = "Places that stay open: {number}, {because}.", "Posti non assegnati: {number}, {because}.";
    OPEN_SEATS = "Seats that stay open: {number}, {because}.", "Seggi non assegnati: {number}, {because}.";
    BECAUSE_QUORUM = "because there is no quorum", "perché manca il quorum";
    BECAUSE_TIE = "because of a tie", "per una parità";
    BECAUSE_GROUPS = "because the limits of groups keep everybody else from them", "perché i limiti dei gruppi escludono tutti gli altri";
    BECAUSE_VOTES = "because nobody else has a vote", "perché nessun altro ha voti";
    BECAUSE_CANDIDATES = "because the list has no more candidates", "perché la lista non ha altri candidati";
    RESERVES = "Next in order, if somebody leaves: {names}.", "In ordine di subentro: {names}.";
    EQUAL = "{names} (equal)", "{names} (alla pari)";
    PASSES = "THE MOTION PASSES.", "LA PROPOSTA È APPROVATA.";
    FAILS = "THE MOTION DOES NOT PASS.", "LA PROPOSTA NON È APPROVATA.";
    FAILS_QUORUM = "THE MOTION DOES NOT PASS: there is no quorum.", "LA PROPOSTA NON È APPROVATA: manca il quorum.";
    FAILS_VOTES = "THE MOTION DOES NOT PASS: nobody voted for it.", "LA PROPOSTA NON È APPROVATA: nessuno ha votato a favore.";
    VOTES_FOR_AGAINST = "Votes for: {for}; votes against: {against}.", "Voti a favore: {for}; voti contro: {against}.";
    CONDITION = "Condition", "Condizione";
    BASE = "Of", "Su";
    VOTES_FOR = "Votes for", "Voti a favore";
    REACHED = "reached", "raggiunta";
    NOT_REACHED = "NOT REACHED", "NON RAGGIUNTA";
    SEATS = "Seats", "Seggi";
    SEATS_BY_LOT = "By lot among the lists", "Per sorteggio tra le liste";
    NOBODY_ELECTED_OF_LIST = "nobody", "nessuno";
    ELECTED_OF_LIST = "{list}: {names}.", "{list}: {names}.";
    CONDORCET = "{name} beats every other option.", "{name} batte tutte le altre opzioni.";
    NO_CONDORCET = "No option beats all others.", "Nessuna opzione batte tutte le altre.";
    METHOD = "Method", "Metodo";
    RANKING = "Ranking", "Graduatoria";
    DECIDES = "{method} (decides)", "{method} (decide)";
    PAIRS_TABLE = "The weight of the ballots that rank the option of the row above that of the column:",
        "Il peso delle schede che mettono l’opzione della riga prima di quella della colonna:";
    PAIRS_LARGE = "The comparison of every two options is in result/result.json of the record.",
        "Il confronto delle opzioni a due a due è in result/result.json tra gli atti.";

    // The lot.
    LOT = "The lot", "Il sorteggio";
    LOT_SEED = "Seed of the lot", "Seme del sorteggio";
    LOT_WHAT = "The trustees drew it with their decryptions, after the close. The verifier has computed it again from them.",
        "I custodi l’hanno estratto con le loro decifrazioni, dopo la chiusura. Chi verifica l’ha ricalcolato da queste.";
    LOT_AGAIN = "To draw again: of those that tie, the one with the smallest lot comes first. A lot is SHA-256 of the suite, the word lot, the seed (32 bytes), the identifier of the contest and that of the option; the length of each comes before it, as 8 bytes with the lowest first. The lots of the options of each contest, the smallest first:",
        "Per ripetere il sorteggio: tra chi è alla pari, viene prima chi ha la sorte più piccola. La sorte è SHA-256 della suite, della parola lot, del seme (32 byte), dell’identificativo del quesito e di quello dell’opzione; prima di ciascuno c’è la sua lunghezza, in 8 byte dal meno significativo. Le sorti delle opzioni di ogni quesito, dalla più piccola:";
    LOT_UNUSED = "No tie had to be decided.", "Nessuna parità era da decidere.";
    LOT_OF = "Lot (first digits)", "Sorte (prime cifre)";
    IDENTIFIER = "Identifier", "Identificativo";
    SUITE = "Suite", "Suite";

    // Checks and findings.
    CHECKS = "What was checked", "Che cosa è stato controllato";
    CHECK = "Check", "Controllo";
    STATUS = "Status", "Esito";
    COUNT = "Counted", "Quantità";
    PASSED = "passed", "superato";
    WITH_FINDINGS = "findings", "irregolarità";
    MISSING = "missing", "manca";
    FAILED = "FAILED", "FALLITO";
    UNREAD = "NOT READ", "NON LETTO";
    NOT_CHECKED = "not checked", "non controllato";
    NOT_ASKED = "not asked for", "non richiesto";
    WITH_FAILURES = "{status}: {failures}", "{status}: {failures}";
    FINDINGS = "Findings", "Irregolarità";
    NO_FINDINGS = "There are none.", "Non ce ne sono.";
    MISSING_PARTS = "What is missing", "Che cosa manca";
    FAILURES = "Failures", "Errori";
    WHERE = "Where", "Dove";
    WHAT = "What", "Che cosa";
    WHO_ANSWERS = "Who answers", "Chi ne risponde";
    WHO_EITHER = "Who answers, or is awaited", "Chi ne risponde, o si attende";
    NOBODY = "nobody: nobody has signed it", "nessuno: nessuno l’ha firmato";
    MORE = "And {count} more, which `ballotta verify` lists.", "E altri {count}, che `ballotta verify` elenca.";
    ENTRY = "entry {index} ({file})", "voce {index} ({file})";
    ROLL_LINE = "roll, line {number}", "elenco, riga {number}";
    RECORD = "record", "atti";
    THE_ORGANISER = "the organiser", "l’organizzatore";
    THE_BOARD = "the board", "la bacheca";

    // The board.
    BOARD_AND_DECRYPTION = "The board and the decryption", "La bacheca e la decifrazione";
    BOARD_ALONE = "The board", "La bacheca";
    ENTRIES = "Entries of the board", "Voci della bacheca";
    ROOT = "Root of the board", "Radice della bacheca";
    CLOSING_ENTRIES = "Entries up to the close", "Voci fino alla chiusura";
    CLOSING_ROOT = "Root at the close", "Radice alla chiusura";
    STATEMENTS = "Closing statements signed by", "Dichiarazioni di chiusura firmate da";
    COSIGNERS = "Checkpoint at the close cosigned by", "Checkpoint alla chiusura controfirmato da";
    DECRYPTIONS = "Decrypted by", "Decifrato da";
    WITHOUT = "nobody yet", "ancora nessuno";

    // How to verify.
    HOW = "How to verify", "Come verificare";
    HOW_COMMAND = "Anybody verifies the whole record, without any secret, with the fingerprint that the voters were shown:",
        "Chiunque può verificare tutti gli atti, senza alcun segreto, con l’impronta mostrata ai votanti:";
    HOW_SECOND = "The second verifier, which shares no code with the first, does the same:",
        "Il secondo verificatore, che non ha codice in comune con il primo, fa lo stesso:";
    HOW_NOT_CHECKED = "What was not checked:", "Che cosa non è stato controllato:";
    HOW_LIMIT_ROLL = "The verification does not show that the people on the roll are those who may vote, nor that a voter was free: that is for those who issued the credentials and for the commission.",
        "La verifica non mostra che nell’elenco ci sia chi ha diritto di voto, né che chi ha votato fosse libero: di questo rispondono chi ha emesso le credenziali e la commissione.";
    HOW_LIMIT_DEVICE = "Nor does it show that a voter’s device encrypted what the voter chose: voters find that out when they challenge their devices, and look for their ballots with their trackers.",
        "Non mostra neppure che il dispositivo di chi ha votato abbia cifrato ciò che ha scelto: lo si scopre mettendo alla prova il dispositivo, e cercando la propria scheda con il suo tracker.";
    NOT_PINNED_FINGERPRINT = "that the voters were shown this fingerprint: compare it, or pin it",
        "che ai votanti sia stata mostrata questa impronta: confrontala, o indicala con --fingerprint";
    NOT_PINNED_CHECKPOINT = "that the board showed everybody the same: pin a checkpoint that was kept before",
        "che la bacheca abbia mostrato a tutti lo stesso: indica con --checkpoint un checkpoint conservato prima";
    NOT_READ_PICTURES = "the content of pictures, tables and texts for people: no check compares it with the result",
        "il contenuto di figure, tabelle e testi per le persone: nessun controllo lo confronta con il risultato";
    NOT_LISTED = "whether the record contains files that nobody published: this source cannot list its files",
        "se tra gli atti ci sono file che nessuno ha pubblicato: questa fonte non può elencare i suoi file";
    WRITTEN_BY = "These minutes were written by ballotta {version} together with its verification.", "Questo verbale è stato scritto da ballotta {version} insieme alla sua verifica.";
    NOTES = "Notes of the verifier:", "Note di chi verifica:";

    // Signatures.
    SIGNATURES = "Signatures", "Firme";
    SIGN_WHAT = "The commission has compared the fingerprint above with the one that the voters were shown, and signs what the verification established.",
        "La commissione ha confrontato l’impronta indicata sopra con quella mostrata ai votanti, e firma ciò che la verifica ha accertato.";
    SIGN_NOTHING = "Whoever signs here attests only what these minutes say: there is no result.",
        "Chi firma qui attesta solo ciò che dice questo verbale: non c’è alcun risultato.";
    SIGN_CANCELLED = "The commission has compared the fingerprint above with the one that the voters were shown, and signs that the organiser has cancelled the election: there is no result.",
        "La commissione ha confrontato l’impronta indicata sopra con quella mostrata ai votanti, e firma che l’organizzatore ha annullato l’elezione: non c’è alcun risultato.";
    PLACE_AND_DATE = "Place and date", "Luogo e data";
    OPENED_WHEN = "Voting opened (date and time)", "Votazione aperta (data e ora)";
    CLOSED_WHEN = "Voting closed (date and time)", "Votazione chiusa (data e ora)";
    CANCELLED_WHEN = "Election cancelled (date and time)", "Elezione annullata (data e ora)";
    SIGNATURE = "Signature", "Firma";
    FUNCTION = "Function", "Funzione";
}

/// The texts of the library that say what was not checked, which are known by their English words.
const NOT_CHECKED_TEXTS: [Words; 4] = [NOT_PINNED_FINGERPRINT, NOT_PINNED_CHECKPOINT, NOT_READ_PICTURES, NOT_LISTED];

/// A text of the library that says what was not checked. One that is not known stays English.
pub(super) fn not_checked(language: Language, text: &str) -> Span {
    match NOT_CHECKED_TEXTS.iter().find(|words| words.en == text) {
        Some(words) => Span::Text(language.word(*words)),
        None => Span::English(text.to_owned()),
    }
}

/// The Italian description of each check, by its name.
const ITALIAN_CHECKS: &[(&str, &str)] = &[
    ("manifest.valid", "Il manifesto segue tutte le regole del suo schema."),
    ("board.checkpoint", "La bacheca ha firmato il checkpoint con la chiave e l’origine del manifesto."),
    ("board.entries", "Tutte le voci della bacheca si leggono, e sono quante dice il checkpoint."),
    ("board.root", "Le voci danno la testa dell’albero che la bacheca ha firmato."),
    ("board.pinned", "La bacheca continua il checkpoint indicato, che chi verifica aveva visto prima."),
    (
        "board.order",
        "Le voci sono nell’ordine di un’elezione: cerimonia, apertura, schede, chiusura, dichiarazioni, decifrazioni.",
    ),
    (
        "ceremony.messages",
        "Ogni messaggio della cerimonia delle chiavi è valido, e abbastanza custodi hanno confermato.",
    ),
    ("roll.lines", "Ogni riga dell’elenco è ben formata, in ordine, e contiene una credenziale."),
    ("roll.signature", "Ogni autorità delle credenziali del manifesto ha firmato l’elenco prima dell’apertura."),
    (
        "roll.parts",
        "Le parti firmate dalle autorità delle credenziali danno in somma l’elenco, e ogni autorità conosce le proprie.",
    ),
    (
        "roll.changes",
        "I cambiamenti dell’elenco durante il voto sono firmati da tutte le autorità delle credenziali e rispettano le regole.",
    ),
    ("election.fingerprint", "L’apertura indica l’impronta di manifesto, chiave comune ed elenco."),
    ("election.pinned", "L’impronta è quella indicata, che chi verifica conosce da un’altra fonte."),
    ("organiser.signature", "Ogni voce dell’organizzatore sulla bacheca ha la sua firma."),
    ("ballot.encoding", "I byte di ogni scheda sono canonici."),
    ("ballot.election", "Le schede sono state fatte per questa elezione."),
    ("ballot.credential", "Le credenziali delle schede sono nell’elenco."),
    ("ballot.style", "Le schede sono del tipo che l’elenco dà alla loro credenziale."),
    ("ballot.signature", "Ogni scheda ha una firma valida della sua credenziale."),
    ("ballot.argument", "L’argomento di ogni scheda è valido: la scheda contiene solo ciò che le regole ammettono."),
    ("ballot.duplicate", "Nessuna scheda compare due volte sulla bacheca."),
    ("ballot.randomness", "Non ci sono due schede con la stessa casualità."),
    ("ballot.window", "Le schede sono fra l’apertura e la chiusura."),
    (
        "ballot.predecessor",
        "I votanti rivotano solo se il manifesto lo consente, e ogni nuova scheda indica l’ultima valida del votante.",
    ),
    (
        "tally.sums",
        "Le dichiarazioni dei custodi sono firmate, una per custode, e indicano le somme calcolate da chi verifica.",
    ),
    ("closing.rule", "La regola di chiusura del manifesto è rispettata."),
    ("decryption.proof", "Le prove di ogni decifrazione parziale sono valide."),
    (
        "decryption.threshold",
        "Hanno decifrato abbastanza custodi, e i totali sono entro ciò che regole ed elenco ammettono.",
    ),
    ("result.totals", "Il risultato pubblicato è quello calcolato da chi verifica."),
    ("record.files", "Ogni file degli atti è quello che la bacheca indica, e gli atti non contengono altri file."),
];

/// What a check says, or `None` if only its English description is known.
pub(super) fn check(language: Language, slug: &str, english: &str) -> Span {
    let (english, known) = (english.trim(), ITALIAN_CHECKS.iter().find(|(known, _)| *known == slug));
    match (language, known) {
        (Language::En, _) => Span::Text(english.to_owned()),
        (Language::It, Some((_, text))) => Span::Text((*text).to_owned()),
        (Language::It, None) => Span::English(english.to_owned()),
    }
}

/// What checks count, in English and in Italian.
const ITALIAN_UNITS: &[(&str, &str)] = &[
    ("manifest", "manifesto"),
    ("manifests", "manifesti"),
    ("checkpoint", "checkpoint"),
    ("checkpoints", "checkpoint"),
    ("entry", "voce"),
    ("entries", "voci"),
    ("tree head", "testa dell’albero"),
    ("tree heads", "teste dell’albero"),
    ("message", "messaggio"),
    ("messages", "messaggi"),
    ("line", "riga"),
    ("lines", "righe"),
    ("signature", "firma"),
    ("signatures", "firme"),
    ("fingerprint", "impronta"),
    ("fingerprints", "impronte"),
    ("ballot", "scheda"),
    ("ballots", "schede"),
    ("statement", "dichiarazione"),
    ("statements", "dichiarazioni"),
    ("rule", "regola"),
    ("rules", "regole"),
    ("decryption", "decifrazione"),
    ("decryptions", "decifrazioni"),
    ("result", "risultato"),
    ("results", "risultati"),
    ("file", "file"),
    ("files", "file"),
    ("change", "cambiamento"),
    ("changes", "cambiamenti"),
];

/// What a check counts, in the singular or the plural.
pub(super) fn unit(language: Language, english: &str) -> String {
    let known = ITALIAN_UNITS.iter().find(|(known, _)| language == Language::It && *known == english);
    known.map_or(english, |(_, italian)| italian).to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ballotta::verifier::CheckId;

    use super::*;

    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name)).collect()
    }

    #[test]
    fn every_text_has_both_languages_with_the_same_values() {
        for Words { en, it } in ALL {
            assert!(!en.trim().is_empty() && !it.trim().is_empty(), "{en:?} {it:?}");
            assert_eq!(places(en), places(it), "{en}");
        }
        let different = ALL.iter().filter(|Words { en, it }| en != it).count();
        assert!(different + 5 >= ALL.len(), "texts that are the same in both languages are few");
    }

    /// A new check of the verifier has Italian words, too.
    #[test]
    fn every_check_has_both_languages() {
        for check in CheckId::ALL {
            let says = |language| super::check(language, check.slug(), check.description());
            assert_eq!(says(Language::En), Span::Text(check.description().trim().to_owned()));
            assert!(matches!(says(Language::It), Span::Text(text) if text != check.description().trim()), "{check}");
            for english in [check.unit(), check.unit_of_one()] {
                assert!(ITALIAN_UNITS.iter().any(|(known, _)| *known == english), "{english}");
            }
        }
    }

    #[test]
    fn numbers_are_written_as_the_language_does_it() {
        assert_eq!((Language::En.number(60_940), Language::It.number(60_940)), ("60,940".into(), "60.940".into()));
        assert_eq!((Language::En.share(7, 8), Language::It.share(7, 8)), ("87.50 %".into(), "87,50 %".into()));
    }

    #[test]
    fn a_sentence_has_its_values_in_their_places() {
        let line = Language::It.say(AWAITED, &[("who", &[Span::code("x")])]);
        assert_eq!(line, [Span::Text("Si attende: ".into()), Span::Code("x".into()), Span::Text(".".into())]);
    }
}
