// A session outlives its socket: lost network, pause, bad tokens.

import assert from 'node:assert/strict';

import { calls, next } from '../support/events.mjs';
import { fence, scenario, startConversation } from '../support/stage.mjs';

scenario('W63 a broken socket reconnects and the client is online again', async (stage) => {
  const alice = await stage.login('alice');
  const { DISCONNECT, RECONNECT } = alice.sdk.Event;
  const revokes = calls(alice.client._sessionManager, 'revoke');
  alice.watch(DISCONNECT);

  const reconnected = next(alice.client, RECONNECT);
  alice.device.breakSocket();
  await reconnected;

  assert.equal(alice.log(DISCONNECT).entries.length, 1);
  assert.equal(revokes.entries.length, 0, 'the session token was good');
  assert.deepEqual(await alice.client.ping([alice.id]), [alice.id]);
});

scenario('both clients of a broken socket come back and hear each other', async (stage) => {
  const device = stage.device();
  const alice = await device.login('alice');
  const bob = await device.login('bob');
  const conversation = await startConversation(alice, [bob]);
  // The SDK waits 20 s for the answer to a query that was under way when the socket broke, and
  // joins identical ones to it; with the conversation known to both there is none.
  await fence(alice, conversation, bob);

  const reconnected = [alice, bob].map(({ client, sdk }) => next(client, sdk.Event.RECONNECT));
  device.breakSocket();
  await Promise.all(reconnected);

  assert.deepEqual(new Set(await alice.client.ping([alice.id, bob.id])), new Set([alice.id, bob.id]));
  await fence(alice, conversation, bob);
});

scenario('pause takes a client offline and resume brings it back', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const { OFFLINE, ONLINE, RECONNECT } = alice.sdk.Event;
  alice.watch(OFFLINE, ONLINE);
  alice.device.realtime.pause();
  await alice.log(OFFLINE).first();

  const reconnected = next(alice.client, RECONNECT);
  alice.device.realtime.resume();
  await reconnected;
  assert.equal(alice.log(ONLINE).entries.length, 1);
  assert.deepEqual(await bob.client.ping([alice.id]), [alice.id]);
});

scenario('what was sent meanwhile is unread after the reconnect and in history', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const { RECONNECT, UNREAD_MESSAGES_COUNT_UPDATE } = bob.sdk.Event;
  const conversation = await startConversation(alice, [bob]);
  await fence(alice, conversation, bob);
  const seen = bob.messages.entries.length;

  bob.device.realtime.pause();
  const sent = [
    await conversation.send(alice.text('one')),
    await conversation.send(alice.text('two')),
  ];

  bob.watch(UNREAD_MESSAGES_COUNT_UPDATE);
  const reconnected = next(bob.client, RECONNECT);
  bob.device.realtime.resume();
  await reconnected;
  const unread = ([{ id, unreadMessagesCount }]) => id === conversation.id && unreadMessagesCount === 3;
  await bob.log(UNREAD_MESSAGES_COUNT_UPDATE).first(unread);
  assert.equal(bob.messages.entries.length, seen, 'missed messages are not pushed');

  const theirs = await bob.client.getConversation(conversation.id);
  const history = await theirs.queryMessages({ limit: 2 });
  assert.deepEqual(history.map(({ id }) => id), sent.map(({ id }) => id));
});

scenario('W29 a forged token is refused as expired and the client logs in without it', async (stage) => {
  const alice = await stage.login('alice');
  const { _sessionManager: sessions } = alice.client;
  const revokes = calls(sessions, 'revoke');
  sessions.setSessionToken('forged', 3600);

  const reconnected = next(alice.client, alice.sdk.Event.RECONNECT);
  alice.device.breakSocket();
  await reconnected;

  assert.equal(revokes.entries.length, 1, 'the server answered 4112');
  assert.notEqual(await sessions.getSessionToken(), 'forged');
  assert.deepEqual(await alice.client.ping([alice.id]), [alice.id]);
});

scenario('W32 the token of a closed session does not open another', async (stage) => {
  const device = stage.device();
  const alice = await device.login('alice');
  const stale = await alice.client._sessionManager.getSessionToken();
  const bob = await device.login('bob');
  await alice.client.close();

  const again = await stage.login('alice');
  const revokes = calls(again.client._sessionManager, 'revoke');
  again.client._sessionManager.setSessionToken(stale, 3600);
  const reconnected = next(again.client, again.sdk.Event.RECONNECT);
  again.device.breakSocket();
  await reconnected;
  assert.equal(revokes.entries.length, 1);
  assert.deepEqual(await bob.client.ping([again.id]), [again.id]);
});
