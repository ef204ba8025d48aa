// An election with two credential authorities: a voter has a code of each, and both clients make the ballots of the library.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from 'ballotta';
import { loadLight } from 'ballotta/light';
import { fixed, hex, unhex, vectors, withLight } from './vectors.mjs';

const { two_authorities: of } = vectors;
const { ballots, fingerprint, refused_codes } = of;
const clients = { complete: await load(), light: await loadLight() };

for (const [name, client] of Object.entries(clients)) {
  const open = () => client.openElection(withLight(of), { fingerprint });

  test(`${name}: codes of two authorities, in any order, give the credential and the ballot of the library`, async () => {
    assert.equal(ballots.length, 2);
    for (const vector of ballots) {
      assert.equal(vector.codes.length, 2);
      const choices = JSON.parse(vector.choices);
      for (const codes of [vector.codes, vector.codes.toReversed()]) {
        const election = await open();
        assert.equal(election.authorities.length, 2);
        const credential = await election.credential(codes);
        assert.deepEqual(
          [credential.voterNumber, credential.style, credential.weight, await credential.predecessor()],
          [vector.voter_number, vector.style, BigInt(vector.weight), vector.previous],
        );
        const ballot = await fixed(() => credential.prepare(choices));
        assert.deepEqual([ballot.tracker, ballot.writtenTracker], [vector.tracker, vector.written_tracker]);
        assert.equal(await fixed(() => hex(ballot.cast())), vector.ballot);
        const again = await (await open()).credential(codes);
        assert.equal(hex((await fixed(() => again.prepare(choices))).open()), vector.opening);
        assert.deepEqual((await election.checkOpening(unhex(vector.opening), vector.tracker, vector.voter_number)).choices, choices);
      }
    }
  });

  test(`${name}: one code alone, one twice, and codes of two voters are refused with the same words`, async () => {
    const election = await open();
    const given = async (codes) => election.credential(codes);
    for (const { codes, code, message } of refused_codes) {
      await assert.rejects(given(codes), { name: 'BallottaError', code, message });
    }
    assert.deepEqual(
      [...new Set(refused_codes.map(({ code }) => code))].sort(),
      ['repeated-code', 'unknown-codes', 'wrong-number-of-codes'],
    );
  });
}
