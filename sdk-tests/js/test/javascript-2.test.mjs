// JavaScript SDK 2.4.0 as it was shipped: plain text JSON, no subprotocol, hosts built in.

import assert from 'node:assert/strict';

import '../support/hosts.mjs';
import '../support/timers.mjs';
import { OldClient, called } from '../support/javascript-2.mjs';
import { EventLog } from '../support/events.mjs';
import { scenario } from '../support/stage.mjs';

/** Declares a test whose old clients are closed at its end. */
function played(name, play) {
  scenario(name, async (stage) => {
    const clients = [];
    const open = async (...args) => {
      const client = await OldClient.open(stage, ...args);
      clients.push(client);
      return client;
    };
    try {
      await play(stage, open);
    } finally {
      for (const client of clients) client.close();
    }
  });
}

played('W7 it logs in over TLS without a subprotocol', async (stage, open) => {
  const alice = await open('alice');
  assert.equal(alice.address, 'wss://router-g0-push.leancloud.cn/');
  assert.equal(alice.socket.protocol, undefined);
  const [[opened]] = alice.log('open').entries;
  assert.equal(opened.peerId, alice.id);
  assert.ok(opened.st && !('code' in opened));
  const bob = await open('bob', { secure: false });
  assert.equal(bob.address, 'ws://router-g0-push.leancloud.cn/');
  assert.deepEqual(await alice.call('ping', [bob.id, 'nobody']), [bob.id]);
  assert.deepEqual(await alice.call('ping', 'nobody'), []);
});

played('W10 its heartbeat is answered by the same', async (stage, open) => {
  const alice = await open('alice', { config: { heartbeatsTime: 20 } });
  const texts = EventLog.of(alice.socket, 'message');
  await texts.first((text) => text === '{}');
  // The SDK would send one more after the socket is closed, and fail: the next answer puts it off.
  alice.realtime.config({ heartbeatsTime: 60_000 });
  assert.deepEqual(await alice.call('ping', alice.id), [alice.id]);
});

played('two of them talk, with receipts and history', async (stage, open) => {
  const [alice, bob] = await Promise.all([open('alice'), open('bob')]);
  const [heard, invitations, receipts] = [bob.log('message'), bob.log('invited'), alice.log('receipt')];
  const room = await alice.startRoom([bob], { name: '茶', attr: { n: 1 } });
  const [[invited]] = await invitations.atLeast(1);
  assert.equal(invited.initBy, alice.id);

  const ack = await called(room, 'send', { text: 'grüße 😀' }, { type: 'text', receipt: true });
  assert.ok(ack.uid && ack.t && !('code' in ack));
  const [message] = await heard.first(({ id }) => id === ack.uid);
  assert.equal(message.msg.text, 'grüße 😀');
  assert.equal(message.fromPeerId, alice.id);
  await receipts.first(({ id, cid }) => id === ack.uid && cid === room.id);

  const theirs = await bob.call('room', room.id);
  assert.deepEqual([theirs.name, theirs.attr], ['茶', { n: 1 }]);
  await called(theirs, 'send', 'plain text');
  const history = await called(room, 'log', { limit: 10 });
  assert.deepEqual(history.map(({ msg }) => msg.text ?? msg), ['grüße 😀', 'plain text']);
  assert.deepEqual(await called(room, 'log', { t: history[0].timestamp }), []);

  assert.equal(await called(room, 'count'), 2);
  assert.deepEqual((await called(room, 'list')).sort(), [alice.id, bob.id].sort());
  const [found] = await alice.call('query', { where: { name: '茶', m: [alice.id, bob.id] } });
  assert.equal(found.objectId, room.id);
  const updated = await called(room, 'update', { name: 'Ω' });
  assert.equal(updated.cid, room.id);
  assert.equal(await alice.call('room', '555555555555555555555555'), null);
});

played('members come and go', async (stage, open) => {
  const [alice, bob, carol] = await Promise.all([open('alice'), open('bob'), open('carol')]);
  const room = await alice.startRoom([bob]);
  const joined = bob.log('membersjoined');
  const left = bob.log('membersleft');
  const kicked = carol.log('kicked');
  await called(room, 'add', carol.id);
  await joined.first(({ m }) => m.includes(carol.id));
  await called(room, 'remove', [carol.id]);
  await left.first(({ m }) => m.includes(carol.id));
  await kicked.first(({ cid }) => cid === room.id);
});

played('it talks with the present SDK, and bytes do not break it', async (stage, open) => {
  const alice = await open('alice');
  const bob = await stage.login('bob');
  const [heard, toBob] = [alice.log('message'), bob.messages];
  const room = await alice.startRoom([bob]);
  const ack = await called(room, 'send', { text: 'from the past', attr: { a: 1 } }, { type: 'text' });
  const [received, theirs] = await toBob.first(({ id }) => id === ack.uid);
  assert.deepEqual([received.text, received.attributes], ['from the past', { a: 1 }]);

  const sent = await theirs.send(bob.text('from the present'));
  const [answer] = await heard.first(({ id }) => id === sent.id);
  assert.equal(answer.msg.text, 'from the present');
  const bytes = await theirs.send(new bob.sdk.BinaryMessage(Uint8Array.of(0, 255, 7).buffer));
  const [binary] = await heard.first(({ id }) => id === bytes.id);
  assert.deepEqual([binary.msg, binary.bin], ['AP8H', true]);
  const history = await called(room, 'log', {});
  assert.deepEqual(history.map(({ msg }) => msg.text ?? msg), ['from the past', 'from the present', 'AP8H']);
});

played('W12 a refusal is an error event', async (stage, open) => {
  const alice = await open('alice');
  const bob = await stage.login('bob');
  const errors = alice.log('error');
  const theirs = await bob.client.createConversation({ members: ['carol'], unique: false });
  const room = await alice.call('room', theirs.id);
  room.add('dora');
  const [error] = await errors.first();
  assert.deepEqual(
    [error.code, error.reason, error.error],
    [4317, 'CONVERSATION_MEMBERSHIP_REQUIRED', { code: 4317, detail: 'CONVERSATION_MEMBERSHIP_REQUIRED' }],
  );
  const ack = await called(room, 'send', 'let me in');
  assert.deepEqual([ack.code, ack.reason], [4401, 'INVALID_MESSAGING_TARGET']);
});

played('a broken socket reconnects', async (stage, open) => {
  const alice = await open('alice');
  const bob = await stage.login('bob');
  const heard = alice.log('message');
  const room = await alice.startRoom([bob]);
  alice.socket.terminate();
  await alice.log('open').atLeast(2);
  assert.deepEqual(await bob.client.ping([alice.id]), [alice.id]);
  const theirs = await bob.client.getConversation(room.id);
  const sent = await theirs.send(bob.text('welcome back'));
  await heard.first(({ id }) => id === sent.id);
  const toBob = bob.messages;
  const ack = await called(room, 'send', { text: 'thanks' }, { type: 'text' });
  assert.equal((await toBob.first(({ id }) => id === ack.uid))[0].text, 'thanks');
});
