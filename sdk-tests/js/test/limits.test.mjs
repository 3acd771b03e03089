// A server of its own, with the limits that it has unless told otherwise.

import assert from 'node:assert/strict';
import test from 'node:test';

import { Parlor } from '../support/parlor.mjs';
import { Stage, refusal, startConversation } from '../support/stage.mjs';

test('P57: the 61st message and the 31st ping of a minute are refused, by name', { timeout: 300_000 }, async () => {
  const parlor = await Parlor.start({ settings: {} });
  const stage = new Stage();
  try {
    const alice = await stage.login('alice', { server: parlor.url });
    const conversation = await startConversation(alice, []);
    const sends = Array.from({ length: 60 }, (_, count) => conversation.send(alice.text(`${count}`)));
    await Promise.all(sends);
    const tooFast = refusal(4116, 'MESSAGE_SENT_QUOTA_EXCEEDED');
    await assert.rejects(conversation.send(alice.text('too much')), tooFast);

    for (let count = 0; count < 30; count += 1) await alice.client.ping([alice.id]);
    await assert.rejects(alice.client.ping([alice.id]), tooFast);
    assert.equal((await alice.client.getConversation(conversation.id, true)).id, conversation.id);
  } finally {
    await stage.close();
    await parlor.stop();
  }
});
