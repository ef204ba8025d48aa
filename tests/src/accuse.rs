//! Evidence of every kind: what convicts a board or a trustee that broke the rules, and for each rule of
//! `spec/evidence.md` a claim that breaks it.

use ballotta::board::entry::{Action, Entry, EntryKind, OrganiserEntry};
use ballotta::board::note::{NoteSigner, SignedCheckpoint};
use ballotta::board::receipt::SignedReceipt;
use ballotta::credential::BLOCK_LINES;
use ballotta::decryption::{ClosingStatement, TallyReference};
use ballotta::encoding::Writer;
use ballotta::evidence::{
    Claim, Convicted, ElectionHashes, Evidence, EvidenceError, LoggedEntry, Proved, StatedHead, WrongHead,
};
use ballotta::hash::{Fingerprint, JointKeyHash, RollHash, TallyDigest, TreeHash};
use ballotta::merkle::{Frontier, LogError, TreeHead, consistency_proof, inclusion_proof, leaf_hash};
use ballotta::proofs::schnorr::KeyPair;
use ballotta::transcript::{Domain, ProofTranscript as _};

use crate::election::{Board, Election};
use crate::rng::TestRng;
use crate::statement::statement;

/// What evidence with a claim must give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It convicts.
    Convicts(Convicted),
    /// It breaks this rule of its kind first; 0 if the board did not sign a checkpoint or a receipt.
    Breaks(u8),
}

/// A claim, and what its evidence must give.
pub struct Accusation {
    /// What happened, in a few words.
    pub name: &'static str,
    /// The claim.
    pub claim: Claim,
    /// What the evidence must give.
    pub judgement: Judgement,
    /// Whether the board and the trustees signed nothing of the claim that honest ones do not sign.
    pub is_honest: bool,
}

/// The rule that evidence breaks which convicts nobody.
#[must_use]
pub fn broken_rule(evidence: &Evidence, error: &EvidenceError) -> u8 {
    use EvidenceError as E;
    match (evidence.claim(), error) {
        (_, E::Checkpoint(_) | E::Receipt(_)) => 0,
        (Claim::Fork { .. }, E::DifferentSizes { .. }) => 1,
        (Claim::Fork { .. }, _) => 2,
        (Claim::Inconsistent { .. } | Claim::Omission { .. }, E::Same { .. }) => 1,
        (Claim::Inconsistent { .. } | Claim::Omission { .. }, _) => 2,
        (Claim::WrongHead(_), E::Statement(_)) => 1,
        (Claim::WrongHead(_), E::OtherElection { .. }) => 2,
        (Claim::WrongHead(_), E::NoSuchVoter { .. }) => 3,
        (Claim::WrongHead(_), E::NoneCounts) => 6,
        (Claim::WrongHead(_), E::InsideBoard { .. }) => 7,
        (Claim::WrongHead(_), E::IsBallot) => 9,
        (Claim::WrongHead(_), E::Same { .. }) => 11,
        (Claim::TwoStatements { .. }, E::Statement(_)) => 1,
        (Claim::TwoStatements { .. }, E::TwoTrustees { .. } | E::TwoElections { .. }) => 2,
        (Claim::TwoStatements { .. }, _) => 3,
        (Claim::WrongHead(stated), E::Log(_)) => rule_of_proof(stated),
        (Claim::VoidThoughPromised { .. }, E::NotPromised) => 1,
        (Claim::VoidThoughPromised { .. }, E::OtherElection { .. }) => 3,
        (Claim::VoidThoughPromised { .. }, _) => 4,
        (_, E::OtherElection { .. }) => 1,
        (Claim::DoublePromise { one, other }, _) => {
            1 + u8::from(one.unverified().fingerprint() == other.unverified().fingerprint())
        }
        (_, E::InOrder { .. }) => 2,
        (_, E::NotOfOrganiser { .. }) => 3,
        (_, _) => 4,
    }
}

/// The first of the three proofs of a wrong head that is invalid: 4, 8 or 10.
fn rule_of_proof(StatedHead { statement, voters, voter, heads, wrong, .. }: &StatedHead) -> u8 {
    let tally = statement.tally();
    let is_in = |proved: &Proved, size, root: &TreeHash, index| {
        TreeHead { size, root: *root }.verify_inclusion(index, &leaf_hash(&proved.bytes), &proved.proof).is_ok()
    };
    let position = |bytes: [u8; 8]| u64::from_le_bytes(bytes) >> 8;
    let at = *voter as usize % 256 * 8;
    if !is_in(heads, voters.div_ceil(256), &tally.heads, u64::from(*voter) / 256) {
        return 4;
    }
    match (wrong, heads.bytes[at..at + 8].try_into().map(position)) {
        (WrongHead::NoBallot { entry } | WrongHead::OtherCredential { entry, .. }, Ok(index))
            if !is_in(entry, tally.close.size, &tally.close.root, index) =>
        {
            8
        }
        _ => 10,
    }
}

/// A closed board whose keys somebody has.
pub struct Accuser<'a> {
    election: &'a Election,
    entries: &'a [Vec<u8>],
    tally: TallyReference,
}

impl<'a> Accuser<'a> {
    /// The board must be closed. Its last entry is the closing, and its first voters have voted, the first of them twice.
    #[must_use]
    pub fn new(board: &'a Board<'a>) -> Self {
        Self { election: board.election, entries: &board.entries, tally: TallyReference::of(&board.tally()) }
    }

    fn signer(&self) -> &NoteSigner {
        &self.election.signer
    }

    /// The checkpoint of these entries.
    #[must_use]
    pub fn checkpoint(&self, entries: &[Vec<u8>]) -> SignedCheckpoint {
        self.signer().sign_checkpoint(&head(&leaves(entries)))
    }

    /// The receipt of an entry, at a position that need not be its own.
    ///
    /// # Panics
    ///
    /// If the entry is no ballot.
    #[must_use]
    pub fn promise(&self, index: u64, entry: &[u8]) -> SignedReceipt {
        self.signer().sign_receipt(index, entry).expect("an entry with a ballot")
    }

    /// The receipt that an honest board gives for an entry.
    #[must_use]
    pub fn receipt(&self, index: u64) -> SignedReceipt {
        self.promise(index, &self.entries[index as usize])
    }

    /// A receipt in which the board has replaced a line, counted from 0.
    fn changed(&self, receipt: &SignedReceipt, line: usize, to: &str) -> SignedReceipt {
        let text = receipt.unverified().to_string();
        let mut lines: Vec<&str> = text.lines().collect();
        lines[line] = to;
        let note = self.signer().sign(&format!("{}\n", lines.join("\n"))).expect("a note");
        note.to_string().parse().expect("a receipt")
    }

    /// A receipt with the hash of another entry.
    fn with_leaf(&self, receipt: &SignedReceipt, entry: &[u8]) -> SignedReceipt {
        // A checkpoint writes a hash as a receipt does.
        let checkpoint = self.signer().sign_checkpoint(&TreeHead { size: 1, root: leaf_hash(entry) });
        let text = checkpoint.unverified().to_string();
        self.changed(receipt, 4, text.lines().nth(2).expect("a root"))
    }

    /// The hashes of the election.
    #[must_use]
    pub fn hashes(&self) -> ElectionHashes {
        let blocks = leaves(&self.roll_blocks());
        let voters = self.election.options.voters.len() as u64;
        ElectionHashes {
            joint_key: *self.election.context.joint_key_hash(),
            roll: RollHash::of(voters, &head(&blocks).root),
        }
    }

    fn roll_blocks(&self) -> Vec<Vec<u8>> {
        let lines: Vec<&[u8]> = self.election.roll.split_inclusive(|byte| *byte == b'\n').skip(1).collect();
        lines.chunks(BLOCK_LINES as usize).map(<[&[u8]]>::concat).collect()
    }

    fn lines_of(&self, voter: u32) -> Proved {
        let blocks = self.roll_blocks();
        proved(&blocks, u64::from(voter) / BLOCK_LINES)
    }

    /// The position of the ballot that counts for each voter, in the order of the roll.
    fn heads(&self) -> Vec<Option<u64>> {
        let mut heads = vec![None; self.election.options.voters.len()];
        for (index, entry) in (0..).zip(self.entries) {
            let ballot = Entry::decode(entry).ok().filter(|entry| entry.kind() == EntryKind::Ballot);
            for voter in 0..heads.len() {
                let line = self.election.line(voter);
                if ballot.as_ref().is_some_and(|ballot| ballot.body()[44..76] == line.credential) {
                    heads[line.voter() as usize] = Some(index);
                }
            }
        }
        heads
    }

    /// Trustee 1 states these heads.
    fn stated(&self, heads: &[Option<u64>], voter: u32, wrong: WrongHead) -> StatedHead {
        let encode = |head: &Option<u64>| head.map_or(0, |index| index << 8 | 1).to_le_bytes();
        self.stated_block(heads.iter().flat_map(encode).collect(), voter, wrong)
    }

    fn stated_block(&self, block: Vec<u8>, voter: u32, wrong: WrongHead) -> StatedHead {
        let tally = TallyReference { heads: leaf_hash(&block), ..self.tally };
        StatedHead {
            statement: statement(self.election, (1, 1), &tally),
            joint_key: *self.election.context.joint_key_hash(),
            voters: self.election.options.voters.len() as u64,
            roll: head(&leaves(&self.roll_blocks())).root,
            voter,
            heads: Proved { bytes: block, proof: vec![] },
            wrong,
        }
    }

    fn organised(&self, action: Action, fingerprint: &Fingerprint, key: &KeyPair) -> Vec<u8> {
        let body = OrganiserEntry::sign(action, fingerprint, key, &mut TestRng(1)).encode();
        Entry::new(action.kind(), &body).expect("an entry").encode()
    }

    /// Claims of every kind. For each rule there is one that breaks it and keeps those before it.
    #[must_use]
    pub fn accusations(&self) -> Vec<Accusation> {
        let mut list = List(Vec::new());
        self.forks(&mut list);
        self.inconsistent(&mut list);
        self.omissions(&mut list);
        self.outside(&mut list);
        self.double_promises(&mut list);
        self.void(&mut list);
        self.wrong_heads(&mut list);
        self.two_statements(&mut list);
        list.0
    }

    fn forks(&self, list: &mut List) {
        let fork =
            |one: &SignedCheckpoint, other: &SignedCheckpoint| Claim::Fork { one: one.clone(), other: other.clone() };
        let (one, other) = (self.checkpoint(self.entries), self.checkpoint(&self.other_board()));
        list.convicts("two roots for one size", fork(&one, &other));
        list.honest("two sizes", 1, fork(&one, &self.checkpoint(&self.entries[..10])));
        list.honest("one checkpoint twice", 2, fork(&one, &one));
        let somebody = NoteSigner::from_seed(self.signer().key().name(), &[3; 32]).expect("a key");
        let unsigned = somebody.sign_checkpoint(&head(&leaves(&self.other_board())));
        list.honest("a checkpoint that somebody else signed", 0, fork(&one, &unsigned));
        let log = NoteSigner::from_seed("other.example/0000000000000000", &self.election.board_seed).expect("a key");
        let text = log.sign_checkpoint(&head(&leaves(&self.other_board()))).unverified().to_string();
        let note = self.signer().sign(&text).expect("a note").to_string();
        let moved = SignedCheckpoint::parse(note.as_bytes()).expect("a checkpoint");
        list.breaks("a checkpoint of another log", 0, fork(&one, &moved));
    }

    fn other_board(&self) -> Vec<Vec<u8>> {
        let mut entries = self.entries.to_vec();
        *entries.last_mut().expect("an entry") = vec![9; 7];
        entries
    }

    fn inconsistent(&self, list: &mut List) {
        let all = leaves(self.entries);
        let newer = self.checkpoint(self.entries);
        let claim = |older: &SignedCheckpoint, root, proof: &[TreeHash]| Claim::Inconsistent {
            older: older.clone(),
            newer: newer.clone(),
            root,
            proof: proof.to_vec(),
        };
        let mut swapped = self.entries[..10].to_vec();
        swapped.swap(8, 9);
        let (honest, lie) = (self.checkpoint(&self.entries[..10]), self.checkpoint(&swapped));
        let (root, proof) = (head(&all[..10]).root, consistency_proof(&all, 10).expect("a proof"));
        list.convicts("an older board with other entries", claim(&lie, root, &proof));
        list.convicts("a board of the same size", claim(&self.checkpoint(&self.other_board()), head(&all).root, &[]));
        let (nothing, invented) = (Frontier::new().root(), TreeHash::from_bytes([1; 32]));
        let empty = self.signer().sign_checkpoint(&TreeHead { size: 0, root: invented });
        list.convicts("a root of no entries", claim(&empty, nothing, &[]));
        list.honest("the root that was signed", 1, claim(&honest, root, &proof));
        list.honest("a root that somebody invented", 2, claim(&honest, invented, &proof));
        list.breaks("a proof with a hash too many", 2, claim(&lie, root, &[proof.as_slice(), &[invented]].concat()));
        list.breaks("a proof with a hash too few", 2, claim(&lie, root, &proof[1..]));
        list.honest("another root of no entries", 2, claim(&self.checkpoint(&[]), invented, &[]));
        list.honest("another root of the same size", 2, claim(&newer, invented, &[]));
        let shrunk = Claim::Inconsistent { older: newer.clone(), newer: honest.clone(), root, proof: vec![] };
        list.honest("the older one as the newer one", 2, shrunk);
    }

    fn omissions(&self, list: &mut List) {
        let first = self.election.first_ballot();
        let claim = |receipt: SignedReceipt, entries: &[Vec<u8>], leaf, at| Claim::Omission {
            receipt,
            checkpoint: self.checkpoint(entries),
            leaf,
            proof: inclusion_proof(&leaves(entries), at).expect("a proof"),
        };
        let mut dropped = self.entries.to_vec();
        dropped.remove(first as usize);
        let (own, other) = (leaf_hash(&self.entries[first as usize]), leaf_hash(&dropped[first as usize]));
        list.convicts("a dropped ballot", claim(self.receipt(first), &dropped, other, first));
        list.honest("the promised entry", 1, claim(self.receipt(first), self.entries, own, first));
        list.honest("an entry that is elsewhere", 2, claim(self.receipt(first), self.entries, other, first + 1));
        list.honest("a smaller board", 2, claim(self.receipt(first), &self.entries[..first as usize], other, 1));
        let somebody = NoteSigner::from_seed(self.signer().key().name(), &[3; 32]).expect("a key");
        let forged = somebody.sign_receipt(first, &self.entries[first as usize]).expect("an entry with a ballot");
        list.honest("a receipt that somebody else signed", 0, claim(forged, self.entries, other, first));
    }

    fn outside(&self, list: &mut List) {
        let (open, close) = (self.election.first_ballot() - 1, self.entries.len() as u64 - 1);
        let last = &self.entries[close as usize - 1];
        let [inside, at_close, after, before] =
            [close - 1, close, close + 3, open - 1].map(|index| self.promise(index, last));
        let closing = |receipt: &SignedReceipt, election, entries: &[Vec<u8>], closing| Claim::PromisedAfterClosing {
            receipt: receipt.clone(),
            election,
            checkpoint: self.checkpoint(entries),
            closing,
        };
        let opening = |receipt: &SignedReceipt, election, opening| Claim::PromisedBeforeOpening {
            receipt: receipt.clone(),
            election,
            checkpoint: self.checkpoint(self.entries),
            opening,
        };
        let all = self.entries;
        let hashes = self.hashes();
        let other = ElectionHashes { joint_key: JointKeyHash::from_bytes([1; 32]), ..hashes };
        list.convicts("a promise after the closing", closing(&after, hashes, all, logged(all, close)));
        list.convicts("a promise before the opening", opening(&before, hashes, logged(all, open)));
        list.breaks("the closing with another joint key", 1, closing(&after, other, all, logged(all, close)));
        list.breaks("the opening with another joint key", 1, opening(&before, other, logged(all, open)));
        list.honest("a promise before the closing", 2, closing(&inside, hashes, all, logged(all, close)));
        list.breaks("a promise of the closing", 2, closing(&at_close, hashes, all, logged(all, close)));
        list.honest("a promise after the opening", 2, opening(&inside, hashes, logged(all, open)));
        list.breaks("the opening as a closing", 3, closing(&after, hashes, all, logged(all, open)));
        list.breaks("the closing as an opening", 3, opening(&before, hashes, logged(all, close)));
        list.breaks("a ballot as a closing", 3, closing(&after, hashes, all, logged(all, open + 1)));
        let own = *self.election.context.fingerprint();
        for (name, fingerprint, key) in [
            ("a closing that somebody else signed", own, &self.election.authorities[0]),
            ("a closing of another election", Fingerprint::from_bytes([1; 32]), &self.election.organiser),
        ] {
            let mut entries = all.to_vec();
            entries.insert(close as usize - 1, self.organised(Action::Close, &fingerprint, key));
            list.breaks(name, 3, closing(&after, hashes, &entries, logged(&entries, close - 1)));
        }
        let moved = |from, to| LoggedEntry { index: to, proof: logged(all, to).proof, ..logged(all, from) };
        list.honest("the closing at another position", 4, closing(&inside, hashes, all, moved(close, close - 2)));
        list.honest("the opening at another position", 4, opening(&inside, hashes, moved(open, close)));
    }

    fn double_promises(&self, list: &mut List) {
        let first = self.election.first_ballot();
        let twice = |one: &SignedReceipt, other: &SignedReceipt| Claim::DoublePromise {
            one: one.clone(),
            other: other.clone(),
        };
        let (one, two) = (self.receipt(first), self.receipt(first + 3));
        let same_place = self.promise(first, &self.entries[first as usize + 3]);
        list.convicts("two ballots at one position", twice(&one, &same_place));
        list.convicts(
            "one ballot at two positions",
            twice(&one, &self.promise(first + 9, &self.entries[first as usize])),
        );
        list.convicts("two predecessors", twice(&two, &self.changed(&two, 6, "-")));
        list.breaks("two elections", 1, twice(&one, &self.changed(&same_place, 2, &"00".repeat(32))));
        list.honest("one receipt twice", 2, twice(&one, &one));
        list.honest("two ballots at their positions", 2, twice(&one, &two));
    }

    /// An entry with these bytes of an unsigned ballot, signed by the credential of a voter.
    ///
    /// # Panics
    ///
    /// If the bytes are too short for a ballot.
    #[must_use]
    pub fn signed_ballot(&self, unsigned: &[u8], voter: usize) -> Vec<u8> {
        let ballot = self.election.sign(unsigned, self.election.credentials[voter].key_pair());
        Entry::new(EntryKind::Ballot, &ballot).expect("an entry").encode()
    }

    fn void(&self, list: &mut List) {
        let first = self.election.first_ballot() as usize;
        let nowhere =
            ElectionHashes { joint_key: JointKeyHash::from_bytes([1; 32]), roll: RollHash::from_bytes([1; 32]) };
        let void = |receipt: &SignedReceipt, election, entry: &[u8]| Claim::VoidThoughPromised {
            receipt: receipt.clone(),
            election,
            entry: entry.to_vec(),
        };
        let (entry, receipt) = (&self.entries[first], self.receipt(first as u64));
        // The lies of these receipts need no manifest: the hashes are those of no election.
        let convicts = |list: &mut List, name, entry: &[u8]| {
            list.convicts(name, void(&self.with_leaf(&receipt, entry), nowhere, entry));
        };
        convicts(list, "an entry that cannot be read", b"x");
        convicts(list, "a closing as a ballot", self.entries.last().expect("a closing"));
        let body = |body: &[u8]| Entry::new(EntryKind::Ballot, body).expect("an entry").encode();
        convicts(list, "a ballot that is too short", &body(&entry[3..142]));
        let with = |at: usize, byte: u8| {
            let mut changed = entry.clone();
            changed[at] ^= byte;
            changed
        };
        convicts(list, "a ballot of another version", &with(4, 1));
        convicts(list, "a ballot of another election", &with(5, 1));
        convicts(list, "another ballot than promised", &self.entries[first + 1]);
        let second = self.receipt(first as u64 + 3);
        let other_previous = self.changed(&second, 6, "-");
        list.convicts("another predecessor than promised", void(&other_previous, nowhere, &self.entries[first + 3]));
        let other_election = self.changed(&receipt, 2, &"11".repeat(32));
        list.convicts("the fingerprint of no election", void(&other_election, nowhere, entry));
        let moved = with(5, 1);
        list.convicts(
            "a ballot that was moved to no election",
            void(&self.promise(first as u64, &moved), nowhere, &moved),
        );
        // The receipts of these entries say what the entries say. Only the ballots cannot be admitted.
        let promise = |entry: &[u8], election| void(&self.promise(first as u64, entry), election, entry);
        for (name, entry) in [
            ("a ballot that its credential did not sign", with(entry.len() - 32, 1)),
            ("a signature that is not canonical", with(entry.len() - 1, 0x80)),
            ("a credential that is not canonical", with(47 + 31, 0x80)),
        ] {
            list.convicts(name, promise(&entry, nowhere));
        }
        // The voter has signed what breaks the form, which only the manifest tells.
        let unsigned = |entry: &[u8]| entry[3..entry.len() - 64].to_vec();
        let of_form = [
            ("a ballot with a byte too many", [&entry[3..160], &[0], &unsigned(entry)[157..]].concat()),
            ("a ballot of no style", unsigned(&with(38, 1))),
            ("a ciphertext that is not canonical", unsigned(&with(111 + 31, 0x80))),
        ];
        for (name, ballot) in &of_form {
            list.convicts(name, promise(&self.signed_ballot(ballot, 0), self.hashes()));
        }
        let broken = self.signed_ballot(&of_form[0].1, 0);
        list.honest("the entry of another receipt", 1, void(&receipt, self.hashes(), &self.entries[first + 1]));
        list.honest("the ballot with another joint key", 3, void(&receipt, nowhere, entry));
        list.breaks("a ballot of another form with another joint key", 3, promise(&broken, nowhere));
        list.honest("the promised ballot", 4, void(&receipt, self.hashes(), entry));
    }

    fn wrong_heads(&self, list: &mut List) {
        let (size, voters) = (self.entries.len() as u64, self.election.options.voters.len() as u32);
        let honest = self.heads();
        let voter = (0..voters).find(|voter| honest[*voter as usize].is_some()).expect("a voter who voted");
        let nobody = (0..voters).rfind(|voter| honest[*voter as usize].is_none()).expect("a voter who did not vote");
        let index = honest[voter as usize].expect("a ballot");
        let all_at = |index| vec![Some(index); voters as usize];
        let entry = |index| proved(self.entries, index);
        let no_ballot = |index| WrongHead::NoBallot { entry: entry(index) };
        let of_other = |index, voter| WrongHead::OtherCredential { entry: entry(index), lines: self.lines_of(voter) };
        let trustee = Judgement::Convicts(Convicted::Trustee(1));
        let claim = |heads: &[Option<u64>], voter, wrong| Claim::WrongHead(self.stated(heads, voter, wrong));
        let mut convicts = |name, claim| list.add(name, claim, trustee, false);
        convicts("a position after the board", claim(&all_at(size), voter, WrongHead::Outside));
        convicts("a position after every board", claim(&all_at((1 << 56) - 1), voter, WrongHead::Outside));
        convicts("the closing as a ballot", claim(&all_at(size - 1), voter, no_ballot(size - 1)));
        convicts(
            "the closing as a ballot of another voter",
            claim(&all_at(size - 1), voter, of_other(size - 1, voter)),
        );
        convicts("the ballot of another voter", claim(&all_at(index), nobody, of_other(index, nobody)));
        // A block, or a head in it, that no honest trustee computes: nothing else of the claim matters.
        let stated_block = |block: Vec<u8>| Claim::WrongHead(self.stated_block(block, voter, WrongHead::Outside));
        let head = |head: [u8; 8]| stated_block(head.repeat(voters as usize));
        let whole = 8 * voters as usize;
        convicts("a head in a reserved state", head([2, 0, 0, 0, 0, 0, 0, 0]));
        convicts("a head in no state", head([0xff; 8]));
        convicts("a position of no ballot", head([0, 1, 0, 0, 0, 0, 0, 0]));
        convicts("no heads", stated_block(vec![]));
        convicts("heads that end too early", stated_block(vec![0; whole - 1]));
        convicts("heads of too many voters", stated_block(vec![0; whole + 8]));
        let unreadable =
            self.stated_block([2, 0, 0, 0, 0, 0, 0, 0].repeat(voters as usize), voter, of_other(index, voter));
        convicts("a head in a reserved state that names a ballot", Claim::WrongHead(unreadable));

        let change = |mut stated: StatedHead, change: &dyn Fn(&mut StatedHead)| {
            change(&mut stated);
            Claim::WrongHead(stated)
        };
        let outside = |change_it: &dyn Fn(&mut StatedHead)| {
            change(self.stated(&all_at(size), voter, WrongHead::Outside), change_it)
        };
        let accused = |change_it: &dyn Fn(&mut StatedHead)| {
            change(self.stated(&honest, voter, of_other(index, voter)), change_it)
        };
        let signed = |trustee, signer, tally: &TallyReference| -> ClosingStatement {
            statement(self.election, (trustee, signer), tally)
        };
        let forged = outside(&|stated| stated.statement = signed(1, 2, stated.statement.tally()));
        list.breaks("a statement that another trustee signed", 1, forged);
        let unknown = outside(&|stated| stated.statement = signed(9, 2, stated.statement.tally()));
        list.breaks("a statement of no trustee", 1, unknown);
        list.honest("another joint key", 2, accused(&|stated| stated.joint_key = JointKeyHash::from_bytes([1; 32])));
        list.honest("another number of voters", 2, accused(&|stated| stated.voters = 300));
        list.honest("no such voter", 3, accused(&|stated| stated.voter = voters));
        list.honest("heads that were not signed", 4, accused(&|stated| stated.heads.bytes.fill(0xff)));
        list.honest("a part of the heads", 4, accused(&|stated| stated.heads.bytes.truncate(7)));
        list.honest("a voter without a ballot", 6, claim(&honest, nobody, WrongHead::Outside));
        list.honest("a position on the board", 7, claim(&honest, voter, WrongHead::Outside));
        let closing = self.entries.last().expect("a closing");
        let other_entry = accused(&|stated| {
            if let WrongHead::OtherCredential { entry, .. } = &mut stated.wrong {
                entry.bytes.clone_from(closing);
            }
        });
        list.honest("an entry that is elsewhere on the board", 8, other_entry);
        list.honest("a ballot as no ballot", 9, claim(&honest, voter, no_ballot(index)));
        let other_lines = accused(&|stated| {
            if let WrongHead::OtherCredential { lines, .. } = &mut stated.wrong {
                lines.bytes.rotate_left(5);
            }
        });
        list.honest("lines that are not on the roll", 10, other_lines);
        list.honest("the ballot of the voter", 11, claim(&honest, voter, of_other(index, voter)));
    }

    fn two_statements(&self, list: &mut List) {
        let signed = |trustee, signer, tally: &TallyReference| statement(self.election, (trustee, signer), tally);
        let twice = |one: &ClosingStatement, other: &ClosingStatement| Claim::TwoStatements {
            one: one.clone(),
            other: other.clone(),
        };
        let own = signed(1, 1, &self.tally);
        let (size, heads) = (self.tally.close.size - 1, TreeHash::from_bytes([1; 32]));
        let root = head(&leaves(&self.other_board())).root;
        let shorter = TallyReference { close: TreeHead { size, ..self.tally.close }, ..self.tally };
        let of_fork = TallyReference { close: TreeHead { root, ..self.tally.close }, ..self.tally };
        let other_heads = TallyReference { heads, ..self.tally };
        let other_sums = TallyReference { sums: TallyDigest::from_bytes([1; 32]), ..self.tally };
        for (name, tally) in [
            ("boards of two sizes", shorter),
            ("two boards of one size", of_fork),
            ("other heads of the same board", other_heads),
            ("other sums of the same board", other_sums),
        ] {
            list.add(name, twice(&own, &signed(1, 1, &tally)), Judgement::Convicts(Convicted::Trustee(1)), false);
        }
        list.honest("a statement that another trustee signed", 1, twice(&own, &signed(1, 2, &of_fork)));
        list.breaks("a statement of no trustee", 1, twice(&signed(9, 1, &of_fork), &own));
        list.honest("statements of two trustees", 2, twice(&own, &signed(2, 2, &of_fork)));
        let elsewhere = TallyReference { fingerprint: Fingerprint::from_bytes([1; 32]), ..of_fork };
        // An honest trustee with one key in two elections, or in an attempt at the ceremony that was not finished.
        list.honest("statements of two elections", 2, twice(&own, &signed(1, 1, &elsewhere)));
        list.honest("one statement twice", 3, twice(&own, &own));
        list.honest("one statement with two signatures", 3, twice(&own, &self.signed_again(&own)));
    }

    /// The same statement with another signature.
    fn signed_again(&self, own: &ClosingStatement) -> ClosingStatement {
        let tally = own.tally();
        let mut transcript = Domain::ClosingStatement.for_election(&tally.fingerprint);
        transcript.absorb_u64(b"size", tally.close.size);
        transcript.absorb_bytes(b"root", tally.close.root.as_bytes());
        transcript.absorb_bytes(b"heads", tally.heads.as_bytes());
        transcript.absorb_bytes(b"sums", tally.sums.as_bytes());
        let bytes = own.to_bytes();
        let mut writer = Writer::new();
        let key = &self.election.trustee_keys[usize::from(own.trustee()) - 1];
        key.prove(&mut transcript, &mut TestRng(99)).encode(writer.put(&bytes[..bytes.len() - 64]));
        let again = ClosingStatement::decode(&writer.finish()).expect("a statement");
        assert_ne!(again, *own);
        again
    }
}

struct List(Vec<Accusation>);

impl List {
    fn add(&mut self, name: &'static str, claim: Claim, judgement: Judgement, is_honest: bool) {
        self.0.push(Accusation { name, claim, judgement, is_honest });
    }

    fn convicts(&mut self, name: &'static str, claim: Claim) {
        self.add(name, claim, Judgement::Convicts(Convicted::Board), false);
    }

    fn breaks(&mut self, name: &'static str, rule: u8, claim: Claim) {
        self.add(name, claim, Judgement::Breaks(rule), false);
    }

    /// Evidence that somebody makes of what an honest board or trustee signed.
    fn honest(&mut self, name: &'static str, rule: u8, claim: Claim) {
        self.add(name, claim, Judgement::Breaks(rule), true);
    }
}

/// The hashes of entries as leaves of a log.
#[must_use]
pub fn leaves(entries: &[Vec<u8>]) -> Vec<TreeHash> {
    entries.iter().map(|entry| leaf_hash(entry)).collect()
}

/// The head of a log with these leaves.
#[must_use]
pub fn head(leaves: &[TreeHash]) -> TreeHead {
    leaves.iter().copied().collect::<Frontier>().head()
}

fn proved(entries: &[Vec<u8>], index: u64) -> Proved {
    let proof: Result<_, LogError> = inclusion_proof(&leaves(entries), index);
    Proved { bytes: entries[index as usize].clone(), proof: proof.expect("a proof") }
}

/// An entry of a log, with the proof that it is there.
///
/// # Panics
///
/// If the log has no such entry.
#[must_use]
pub fn logged(entries: &[Vec<u8>], index: u64) -> LoggedEntry {
    let Proved { bytes, proof } = proved(entries, index);
    LoggedEntry { index, entry: bytes, proof }
}
