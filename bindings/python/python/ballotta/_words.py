"""The words of reports, as text and as a page, in English and in Italian.

The English sentence is the key of its translation. What the library says of a failure stays in English.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any

from ._errors import BallottaError

if TYPE_CHECKING:
    from ._types import QuorumResult, RollChangeCounts

#: The languages of reports.
LANGUAGES = ("en", "it")

#: Roles, by their names.
ROLES = {
    "organiser": "the organiser",
    "board": "the board",
    "authority": "credential authority {number}",
    "trustee": "trustee {number}",
    "witness": "witness {number}",
}

#: The reasons for which totals stay encrypted.
WITHHELD = {
    "too_few_ballots": "The totals stay encrypted, since they would give single votes away: too few ballots.",
    "rare_weight": "The totals stay encrypted, since they would give single votes away: rare weight.",
}

#: What a report of a rehearsal says.
REHEARSAL = "A rehearsal, not an election."

_QUORUM = {
    ("more_than", True): "Quorum: more than {fraction} of {base}; {counted} count: reached.",
    ("more_than", False): "Quorum: more than {fraction} of {base}; {counted} count: NOT reached.",
    ("at_least", True): "Quorum: at least {fraction} of {base}; {counted} count: reached.",
    ("at_least", False): "Quorum: at least {fraction} of {base}; {counted} count: NOT reached.",
}

ITALIAN = {
    # The verdict.
    "Every check that could be made passed: the published result is the sum of the ballots on the board.": "Tutti i controlli possibili sono superati: il risultato pubblicato è la somma delle schede sulla bacheca.",
    "Every check that can be made at this stage of the election passed.": "Tutti i controlli possibili in questa fase dell’elezione sono superati.",
    "Somebody broke rules in a way that changes nothing in the result: see the findings below.": "Qualcuno ha violato delle regole in un modo che non cambia il risultato: vedi le irregolarità qui sotto.",
    "Nothing was compared with {what}: see below.": "Nulla è stato confrontato con {what}: vedi sotto.",
    " or ": " o ",
    "the fingerprint that voters were shown": "l’impronta mostrata ai votanti",
    "a checkpoint that somebody kept earlier": "un checkpoint che qualcuno ha conservato prima",
    "The record holds": "Il verbale è valido",
    "The record holds, with findings": "Il verbale è valido, con irregolarità",
    "The record is NOT complete": "Il verbale NON è completo",
    "Nothing wrong was found.": "Non si è trovato nulla di errato.",
    '1 check could not be made yet: it is marked "not checked".': "1 controllo non si è ancora potuto fare: è segnato “non controllato”.",
    '{count} checks could not be made yet: they are marked "not checked".': "{count} controlli non si sono ancora potuti fare: sono segnati “non controllato”.",
    "Awaited: {who}.": "Si attende: {who}.",
    "There is NO verdict": "NON c’è un verdetto",
    "It could not be read, or changed while it was read: see below. Nobody knows yet whether it holds.": "Il verbale non si è potuto leggere, o è cambiato durante la lettura: vedi sotto. Nessuno sa ancora se è valido.",
    "The record does NOT hold": "Il verbale NON è valido",
    "1 failure: see below.": "1 errore: vedi sotto.",
    "{count} failures: see below.": "{count} errori: vedi sotto.",
    "Do not rely on this record before they are explained.": "Non fidarti di questo verbale prima che siano spiegati.",
    # The result.
    "Result": "Risultato",
    "There is no result that could be computed from this record.": "Da questo verbale non si può calcolare alcun risultato.",
    "The result of a record that does not hold is not shown.": "Il risultato di un verbale che non è valido non viene mostrato.",
    "{counted} of {eligible} voters on the roll took part, {share}.": "Hanno partecipato {counted} dei {eligible} votanti nell’elenco, {share}.",
    "{counted} of {eligible} voters on the roll took part.": "Hanno partecipato {counted} dei {eligible} votanti nell’elenco.",
    "Changes of the roll during the voting: {lost_code} for a lost code, {late_member} for a late member, {error} for an error, {left} for somebody who left.": "Cambiamenti dell’elenco durante il voto: {lost_code} per un codice perso, {late_member} per un iscritto in ritardo, {error} per un errore, {left} per chi ha lasciato.",
    "Quorum: more than {fraction} of {base}; {counted} count: reached.": "Quorum: più di {fraction} di {base}; contano {counted}: raggiunto.",
    "Quorum: more than {fraction} of {base}; {counted} count: NOT reached.": "Quorum: più di {fraction} di {base}; contano {counted}: NON raggiunto.",
    "Quorum: at least {fraction} of {base}; {counted} count: reached.": "Quorum: almeno {fraction} di {base}; contano {counted}: raggiunto.",
    "Quorum: at least {fraction} of {base}; {counted} count: NOT reached.": "Quorum: almeno {fraction} di {base}; contano {counted}: NON raggiunto.",
    "The totals stay encrypted, since they would give single votes away: too few ballots.": "I totali restano cifrati, perché rivelerebbero singoli voti: troppo poche schede.",
    "The totals stay encrypted, since they would give single votes away: rare weight.": "I totali restano cifrati, perché rivelerebbero singoli voti: un peso raro.",
    "Ballots: {ballots}, of weight {weight} together": "Schede: {ballots}, con peso {weight} in tutto",
    "blank votes": "schede bianche",
    "Blank votes: {total}": "Schede bianche: {total}",
    "{total} (average {average})": "{total} (media {average})",
    "{total} ({share})": "{total} ({share})",
    "Preferences:": "Preferenze:",
    "list": "lista",
    "seats": "seggi",
    "Seats by {method}.": "Seggi con {method}.",
    "largest remainders": "i resti più alti",
    "by the order of the list": "per ordine di lista",
    "seats by lot among the lists: {count}": "seggi per sorteggio tra le liste: {count}",
    "seats that stay open: {open}, because {names} tie": "seggi non assegnati: {open}, perché sono alla pari {names}",
    "seats that stay open: {open}, because the list has no more candidates": "seggi non assegnati: {open}, perché la lista non ha altri candidati",
    "grade {number}": "giudizio {number}",
    "majority grade": "giudizio maggioritario",
    "none": "nessuno",
    "Ranking": "Graduatoria",
    "The weight of the ballots that rank the option of the row above that of the column:": "Il peso delle schede che mettono l’opzione della riga prima di quella della colonna:",
    "No option beats all others.": "Nessuna opzione batte tutte le altre.",
    "{name} beats all others.": "{name} batte tutte le altre.",
    "Ranked pairs": "Coppie ordinate",
    "Elected: {names} ({elected} of {number})": "Elezione: {names} ({elected} di {number})",
    "nobody": "nessuno",
    "moved up": "per scorrimento",
    "by lot": "per sorteggio",
    "Passed over because of a group: {names}": "Non eletti per i limiti di un gruppo: {names}",
    "Places that stay open: {open}, because there is no quorum.": "Posti non assegnati: {open}, perché manca il quorum.",
    "Places that stay open: {open}, because {names} tie.": "Posti non assegnati: {open}, perché sono alla pari {names}.",
    "Places that stay open: {open}, because of the limits of groups.": "Posti non assegnati: {open}, per i limiti dei gruppi.",
    "Places that stay open: {open}, because nobody else has a vote.": "Posti non assegnati: {open}, perché nessun altro ha voti.",
    "The motion passes.": "La proposta è approvata.",
    "The motion does not pass.": "La proposta non è approvata.",
    "The motion does not pass: there is no quorum.": "La proposta non è approvata: manca il quorum.",
    "The motion does not pass: nobody voted for it.": "La proposta non è approvata: nessuno ha votato a favore.",
    "More than {fraction} of {base} ({of})": "Più di {fraction} di {base} ({of})",
    "At least {fraction} of {base} ({of})": "Almeno {fraction} di {base} ({of})",
    "reached": "raggiunta",
    "NOT REACHED": "NON RAGGIUNTA",
    "votes for and against": "voti a favore e contro",
    "all ballots": "tutte le schede",
    "the whole roll": "tutti gli aventi diritto",
    # The board.
    "Turnout over the log": "Affluenza lungo il registro",
    "ballots on the board": "schede sulla bacheca",
    "credentials that voted": "credenziali che hanno votato",
    "opening": "apertura",
    "close": "chiusura",
    "checkpoint": "checkpoint",
    "{count} entries of the board": "{count} voci della bacheca",
    "The board is a log to which entries are only ever added. It does not record the time; the marks are the opening and the close that the organiser signed, and the checkpoint that the board signed.": "La bacheca è un registro a cui si possono solo aggiungere voci. Non registra l’ora; i segni sono l’apertura e la chiusura firmate dall’organizzatore, e il checkpoint firmato dalla bacheca.",
    "Anonymity sets": "Insiemi di anonimato",
    "{style}, weight {weight}": "{style}, peso {weight}",
    "1 voter": "1 votante",
    "{count} voters": "{count} votanti",
    "The totals do not distinguish voters with the same ballot style and weight. The smallest sets come first; check whether they are large enough.": "I totali non distinguono i votanti con lo stesso tipo di scheda e lo stesso peso. I gruppi più piccoli sono i primi: controlla che siano abbastanza grandi.",
    "And 1 larger set.": "E un altro insieme più grande.",
    "And {count} larger sets.": "E altri {count} insiemi più grandi.",
    # Checks and failures.
    "What was checked": "Che cosa è stato controllato",
    "passed": "superato",
    "findings": "irregolarità",
    "missing": "manca",
    "FAILED": "FALLITO",
    "NOT READ": "NON LETTO",
    "not checked": "non controllato",
    "not asked for": "non richiesto",
    "Findings": "Irregolarità",
    "Failures": "Errori",
    "check": "controllo",
    "where": "dove",
    "what is wrong": "che cosa è errato",
    "effect": "effetto",
    "who answers, or is awaited": "chi ne risponde, o si attende",
    "none: a finding": "nessuno: un’irregolarità",
    "missing, awaited": "manca, si attende",
    "INVALID": "NON VALIDO",
    "not read": "non letto",
    "And {count} more.": "E altri {count}.",
    "entry {index}": "voce {index}",
    "roll, line {number}": "elenco, riga {number}",
    "trustee {number}": "custode {number}",
    "record": "verbale",
    "the organiser": "l’organizzatore",
    "the board": "la bacheca",
    "credential authority {number}": "autorità delle credenziali {number}",
    "witness {number}": "testimone {number}",
    # The report as text. The English sentences are those of the command.
    "The record holds.": "Il verbale è valido.",
    "The record holds, with findings. They change nothing in the result.": "Il verbale è valido, con irregolarità. Non cambiano nulla del risultato.",
    "THE RECORD IS NOT COMPLETE.": "IL VERBALE NON È COMPLETO.",
    "THE RECORD DOES NOT HOLD.": "IL VERBALE NON È VALIDO.",
    "THE RECORD COULD NOT BE READ. There is no verdict.": "IL VERBALE NON SI È POTUTO LEGGERE. Non c’è un verdetto.",
    "ok": "ok",
    "finding": "irregolarità",
    "nothing to check": "nulla da controllare",
    "1 failure, {items}": "1 errore, {items}",
    "{count} failures, {items}": "{count} errori, {items}",
    "{check}: 1 further failure": "{check}: un altro errore",
    "{check}: {count} further failures": "{check}: altri {count} errori",
    "(awaited: {who})": "(si attende: {who})",
    "(who answers for it: {who})": "(ne risponde: {who})",
    "not checked: {text}": "non controllato: {text}",
    "note: {text}": "nota: {text}",
    "cancelled: entry {entry}, signed by the organiser: {reason}": "annullata: voce {entry}, firmata dall’organizzatore: {reason}",
    "The record holds, and the organiser has cancelled the election: it has no result.": "Il verbale è valido, e l’organizzatore ha annullato l’elezione: non c’è un risultato.",
    "fingerprint {fingerprint}": "impronta {fingerprint}",
    "above {name} {total}": "prima di {name} {total}",
    # The view in a notebook.
    "contest": "quesito",
    "ranking": "graduatoria",
    "elected": "eletti",
    "status": "esito",
    "items": "quantità",
    "of": "di",
    "failures": "errori",
    # Header and footer.
    "Election record": "Verbale di un’elezione",
    "{title}: verification report": "{title}: rapporto di verifica",
    "A rehearsal, not an election.": "Una prova, non un’elezione.",
    "Read from {source}": "Letto da {source}",
    "Board of 1 entry, root {root}": "Bacheca di 1 voce, radice {root}",
    "Board of {count} entries, root {root}": "Bacheca di {count} voci, radice {root}",
    "Fingerprint {fingerprint}: it is the one that was pinned": "Impronta {fingerprint}: è quella fissata",
    "Fingerprint {fingerprint}: it must be the one that the voters were shown": "Impronta {fingerprint}: dev’essere quella mostrata ai votanti",
    "Further notes": "Altre note",
    "Not checked: {text}": "Non controllato: {text}",
    "When this page was made, another record was found than the one that was verified, so pictures are left out.": "Al momento di fare questa pagina è stato trovato un verbale diverso da quello verificato, quindi mancano le figure.",
    "Made by ballotta {version} from the record alone, {when}.": "Fatto da ballotta {version} dal solo verbale, {when}.",
}

#: The descriptions of all checks, by their names.
ITALIAN_CHECKS = {
    "manifest.valid": "Il manifesto segue tutte le regole del suo schema.",
    "board.checkpoint": "La bacheca ha firmato il checkpoint con la chiave e l’origine del manifesto.",
    "board.entries": "Tutte le voci della bacheca si leggono, e sono quante dice il checkpoint.",
    "board.root": "Le voci danno la testa dell’albero che la bacheca ha firmato.",
    "board.pinned": "La bacheca continua il checkpoint fissato, che chi verifica aveva visto prima.",
    "board.order": "Le voci sono nell’ordine di un’elezione: cerimonia, apertura, schede, chiusura, dichiarazioni, decifrazioni.",
    "ceremony.messages": "Ogni messaggio della cerimonia delle chiavi è valido, e abbastanza custodi hanno confermato.",
    "roll.lines": "Ogni riga dell’elenco è ben formata, in ordine, e contiene una credenziale.",
    "roll.signature": "Ogni autorità delle credenziali del manifesto ha firmato l’elenco prima dell’apertura.",
    "roll.parts": "Le parti firmate dalle autorità delle credenziali danno in somma l’elenco, e ogni autorità conosce le proprie.",
    "roll.changes": "I cambiamenti dell’elenco durante il voto sono firmati da tutte le autorità delle credenziali e rispettano le regole.",
    "election.fingerprint": "L’apertura indica l’impronta di manifesto, chiave comune ed elenco.",
    "election.pinned": "L’impronta è quella fissata, che chi verifica conosce da un’altra fonte.",
    "organiser.signature": "Ogni voce dell’organizzatore sulla bacheca ha la sua firma.",
    "ballot.encoding": "I byte di ogni scheda sono canonici.",
    "ballot.election": "Le schede sono state fatte per questa elezione.",
    "ballot.credential": "Le credenziali delle schede sono nell’elenco.",
    "ballot.style": "Le schede sono del tipo che l’elenco dà alla loro credenziale.",
    "ballot.signature": "Ogni scheda ha una firma valida della sua credenziale.",
    "ballot.argument": "L’argomento di ogni scheda è valido: la scheda contiene solo ciò che le regole ammettono.",
    "ballot.duplicate": "Nessuna scheda compare due volte sulla bacheca.",
    "ballot.randomness": "Non ci sono due schede con la stessa casualità.",
    "ballot.window": "Le schede sono fra l’apertura e la chiusura.",
    "ballot.predecessor": "I votanti rivotano solo se il manifesto lo consente, e ogni nuova scheda indica l’ultima valida del votante.",
    "tally.sums": "Le dichiarazioni dei custodi sono firmate, una per custode, e indicano le somme calcolate da chi verifica.",
    "closing.rule": "La regola di chiusura del manifesto è rispettata.",
    "decryption.proof": "Le prove di ogni decifrazione parziale sono valide.",
    "decryption.threshold": "Hanno decifrato abbastanza custodi, e i totali sono entro ciò che regole ed elenco ammettono.",
    "result.totals": "Il risultato pubblicato è quello calcolato da chi verifica.",
    "record.files": "Ogni file del verbale è quello che la bacheca indica, e il verbale non contiene altri file.",
}


#: What the checks count, for one and for several.
ITALIAN_UNITS = {
    "manifest": "manifesto",
    "manifests": "manifesti",
    "checkpoint": "checkpoint",
    "checkpoints": "checkpoint",
    "entry": "voce",
    "entries": "voci",
    "tree head": "testa dell’albero",
    "tree heads": "teste dell’albero",
    "message": "messaggio",
    "messages": "messaggi",
    "line": "riga",
    "lines": "righe",
    "signature": "firma",
    "signatures": "firme",
    "change": "cambiamento",
    "changes": "cambiamenti",
    "fingerprint": "impronta",
    "fingerprints": "impronte",
    "ballot": "scheda",
    "ballots": "schede",
    "statement": "dichiarazione",
    "statements": "dichiarazioni",
    "rule": "regola",
    "rules": "regole",
    "decryption": "decifrazione",
    "decryptions": "decifrazioni",
    "result": "risultato",
    "results": "risultati",
    "file": "file",
    "files": "file",
}


_ESCAPED = {"\0": "\\0", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def shown(text: str) -> str:
    """Returns a text with control characters escaped. It may contain names that somebody chose to disturb a reader."""
    return "".join(c if c.isprintable() else _ESCAPED.get(c, f"\\u{{{ord(c):x}}}") for c in text)


class Html(str):
    """A text that is HTML, which is not escaped again."""


class Words:
    """Sentences and numbers in a language of reports."""

    def __init__(self, language: str) -> None:
        self.language = language

    @staticmethod
    def of(languages: Iterable[str]) -> Words:
        """Returns the words in the first language that reports have, or in English."""
        primary = [language.split("-")[0] for language in languages]
        return Words(next((language for language in primary if language in LANGUAGES), "en"))

    @staticmethod
    def of_report(manifest: dict[str, Any] | None, language: str | None) -> Words:
        """Returns the words of a report: in ``language``, or else in the first fitting language of the manifest.

        Raises ``BallottaError`` with ``no-language`` if there are no reports in the language.
        """
        if language is not None and language not in LANGUAGES:
            raise BallottaError(f"there are no reports in {language!r}: there are {', '.join(LANGUAGES)}", "no-language")
        return Words.of([language] if language else manifest["languages"] if manifest else [])

    def _template(self, english: str) -> str:
        return ITALIAN[english] if self.language == "it" else english

    def __call__(self, english: str, **values: Any) -> str:
        """Returns a sentence as text. Whole numbers are grouped as the language does it."""
        shown = {name: self.number(value) if isinstance(value, int) else value for name, value in values.items()}
        return self._template(english).format(**shown)

    def html(self, english: str, **values: Any) -> Html:
        """Returns a sentence as HTML. Values are escaped if they are not HTML."""
        shown = {
            name: value if isinstance(value, Html) else escape(self.number(value) if isinstance(value, int) else value)
            for name, value in values.items()
        }
        return Html(escape(self._template(english)).format(**shown))

    def number(self, value: int) -> str:
        """Returns a whole number with its digits in groups."""
        text = f"{value:,}"
        return text.replace(",", ".") if self.language == "it" else text

    def decimal(self, value: float, digits: int) -> str:
        """Returns a number with a fraction."""
        text = f"{value:.{digits}f}"
        return text.replace(".", ",") if self.language == "it" else text

    def percent(self, part: float) -> str:
        """Returns a part of a whole, from 0 to 1, as a percentage."""
        return f"{self.decimal(100 * part, 1)} %"

    def unit(self, english: str) -> str:
        """Returns the unit of what a check counts."""
        return ITALIAN_UNITS.get(english, english) if self.language == "it" else english

    def check(self, id: str, english: str) -> str:
        """Returns the description of a check."""
        return ITALIAN_CHECKS.get(id, english) if self.language == "it" else english

    def role(self, name: str, number: int) -> str:
        """Returns somebody with a role in the election."""
        return self(ROLES[name], number=str(number))

    def took_part(self, counted: int, eligible: int) -> str:
        """Returns how many voters took part."""
        if not eligible:
            return self("{counted} of {eligible} voters on the roll took part.", counted=counted, eligible=eligible)
        text = "{counted} of {eligible} voters on the roll took part, {share}."
        return self(text, counted=counted, eligible=eligible, share=self.percent(counted / eligible))

    def roll_changes(self, counts: RollChangeCounts) -> str:
        """Returns how often the roll was changed during the voting, for each reason."""
        text = (
            "Changes of the roll during the voting: {lost_code} for a lost code, {late_member} for a late member, "
            "{error} for an error, {left} for somebody who left."
        )
        return self(text, **counts)

    def quorum(self, quorum: QuorumResult) -> str:
        """Returns whether the quorum was reached."""
        fraction = "/".join(map(str, quorum["fraction"]))
        sentence = _QUORUM[quorum["rule"], quorum["reached"]]
        return self(sentence, fraction=fraction, base=quorum["base"], counted=quorum["counted"])
