// One device per client and tag, and clients that the app's server ends.

import assert from 'node:assert/strict';

import { next } from '../support/events.mjs';
import { CREDENTIALS } from '../support/parlor.mjs';
import { SUITE, refusal, scenario } from '../support/stage.mjs';

const TAG = { tag: 'Mobile' };

scenario('W33 a login on another device is a CONFLICT on the first', async (stage) => {
  const phone = await stage.device().login('alice', TAG);
  const { CLOSE, CONFLICT } = phone.sdk.Event;
  phone.watch(CLOSE);
  const conflict = next(phone.client, CONFLICT);
  const tablet = await stage.device().login('alice', TAG);
  assert.deepEqual(await conflict, [{ reason: 'SESSION_CONFLICT' }]);
  assert.equal(phone.log(CLOSE).entries.length, 0);
  assert.deepEqual(await tablet.client.ping([tablet.id]), [tablet.id]);
});

scenario('W35 the tag goes to whoever logs in last', async (stage) => {
  const device = stage.device();
  // A sibling keeps the socket: the SDK closes one that nobody is left on.
  await device.login('bob');
  const phone = await device.login('alice', TAG);
  const lost = next(phone.client, phone.sdk.Event.CONFLICT);
  const tablet = await stage.device().login('alice', TAG);
  await lost;

  const taken = next(tablet.client, tablet.sdk.Event.CONFLICT);
  const another = await stage.device().login('alice', TAG);
  assert.deepEqual(await taken, [{ reason: 'SESSION_CONFLICT' }]);
  assert.deepEqual(await another.client.ping([another.id]), [another.id]);
});

scenario('W36 another tag, or none, is no conflict', async (stage) => {
  const logins = [];
  for (const options of [TAG, { tag: 'Web' }, undefined, undefined]) {
    const login = await stage.device().login('alice', options);
    login.watch(login.sdk.Event.CONFLICT);
    logins.push(login);
  }
  const bob = await stage.login('bob');
  const logs = logins.map(({ messages }) => messages);
  const conversation = await bob.client.createConversation({ members: [stage.id('alice')] });
  const { id } = await conversation.send(bob.text('to all devices'));
  for (const log of logs) await log.first((message) => message.id === id);
  for (const login of logins) assert.equal(login.log(login.sdk.Event.CONFLICT).entries.length, 0);
});

scenario('W28 a client under a tag comes back after a lost connection', async (stage) => {
  const alice = await stage.device().login('alice', TAG);
  alice.watch(alice.sdk.Event.CONFLICT);
  for (let round = 0; round < 2; round += 1) {
    const reconnected = next(alice.client, alice.sdk.Event.RECONNECT);
    alice.device.breakSocket();
    await reconnected;
  }
  assert.deepEqual(await alice.client.ping([alice.id]), [alice.id]);
  assert.equal(alice.log(alice.sdk.Event.CONFLICT).entries.length, 0);
});

scenario('W64 after a conflict and a lost socket the sibling comes back, the loser does not', async (stage) => {
  const device = stage.device();
  const alice = await device.login('alice', TAG);
  const bob = await device.login('bob');
  const { CONFLICT, RECONNECT, RECONNECT_ERROR } = alice.sdk.Event;
  const conflict = next(alice.client, CONFLICT);
  const winner = await stage.device().login('alice', TAG);
  await conflict;

  alice.watch(RECONNECT);
  winner.watch(winner.sdk.Event.CONFLICT);
  const refused = next(alice.client, RECONNECT_ERROR);
  const reconnected = next(bob.client, RECONNECT);
  device.breakSocket();
  const [error] = await refused;
  await reconnected;
  assert.equal(error.code, 4111);
  assert.equal(error.name, refusal(4111, 'SESSION_CONFLICT').name);
  assert.equal(alice.log(RECONNECT).entries.length, 0);
  assert.deepEqual(new Set(await bob.client.ping([winner.id, bob.id])), new Set([winner.id, bob.id]));
  assert.equal(winner.log(winner.sdk.Event.CONFLICT).entries.length, 0);
  assert.deepEqual(await winner.client.ping([bob.id]), [bob.id]);
});

scenario('R60 a kicked client is closed with the reason and may log in again', async (stage) => {
  const device = stage.device();
  const bob = await device.login('bob');
  const alice = await device.login('alice');
  const { CLOSE } = alice.sdk.Event;
  const closed = next(alice.client, CLOSE);
  const answer = await fetch(`${SUITE.server}/1.2/rtm/clients/${alice.id}/kick`, {
    method: 'POST',
    headers: {
      'X-LC-Id': CREDENTIALS.appId,
      'X-LC-Key': `${CREDENTIALS.masterKey},master`,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({ reason: 'bye' }),
  });
  assert.deepEqual(await answer.json(), {});
  assert.deepEqual(await closed, [{ code: 4115, reason: 'bye' }]);
  assert.deepEqual(await bob.client.ping([alice.id, bob.id]), [bob.id]);

  const again = await stage.login('alice');
  assert.deepEqual(await bob.client.ping([again.id]), [again.id]);
});
