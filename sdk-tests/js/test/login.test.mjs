// Logging in and out, several clients on one socket, who is online.

import assert from 'node:assert/strict';

import { freshSdk, refusal, scenario, SUITE } from '../support/stage.mjs';

scenario('login resolves with the id that was asked for', async (stage) => {
  const alice = await stage.login('alice');
  assert.equal(alice.id, stage.id('alice'));
  assert.deepEqual(await alice.client.ping([alice.id]), [alice.id]);
});

scenario('W19 a login without an id is given one of its own', async (stage) => {
  const [first, second] = await Promise.all([stage.login(), stage.login()]);
  assert.ok(first.id);
  assert.ok(second.id);
  assert.notEqual(first.id, second.id);
  assert.deepEqual(await first.client.ping([second.id]), [second.id]);
});

scenario('W20 an id of 65 characters is refused and the socket stays usable', async (stage) => {
  const device = stage.device();
  await device.login('alice');
  await assert.rejects(device.realtime.createIMClient('x'.repeat(65)), refusal(4103, 'INVALID_LOGIN'));
  const longest = stage.id('é').padEnd(64, 'x');
  const client = await device.realtime.createIMClient(longest);
  device.clients.add(client);
  assert.equal(client.id, longest);
});

scenario('W3 the router refuses an app it does not serve', async () => {
  const { Realtime } = freshSdk();
  const realtime = new Realtime({ ...SUITE, appId: 'SomeOtherApplication0001', ssl: false });
  await assert.rejects(realtime.createIMClient('alice'), (error) => {
    assert.match(`${error.message} ${JSON.stringify(error)}`, /404/);
    return true;
  });
});

scenario('W21 a login to another app on a direct socket is refused by name', async () => {
  const { Realtime } = freshSdk();
  const realtime = new Realtime({
    appId: 'SomeOtherApplication0001',
    appKey: SUITE.appKey,
    server: SUITE.server,
    RTMServers: SUITE.server.replace(/^http/, 'ws'),
  });
  await assert.rejects(realtime.createIMClient('alice'), refusal(4100, 'APP_NOT_AVAILABLE'));
  realtime._close();
});

scenario('W24 closing one of two clients on a socket leaves the other at work', async (stage) => {
  const device = stage.device();
  const alice = await device.login('alice');
  const bob = await device.login('bob');
  const carol = await stage.login('carol');
  const conversation = await carol.client.createConversation({ members: [bob.id] });

  await alice.client.close();
  assert.deepEqual(await carol.client.ping([alice.id, bob.id]), [bob.id]);

  const { messages } = bob;
  await conversation.send(carol.text('still there?'));
  const [message] = await messages.first();
  assert.equal(message.text, 'still there?');
});

scenario('a closed client can log in again on the same socket', async (stage) => {
  const device = stage.device();
  const alice = await device.login('alice');
  await device.login('bob');
  await alice.client.close();
  const again = await device.login('alice');
  assert.notEqual(again.client, alice.client);
  assert.deepEqual(await again.client.ping([again.id]), [again.id]);
});

scenario('4105 a command of a closed client is refused and its sibling is not disturbed', async (stage) => {
  const device = stage.device();
  const bob = await device.login('bob');
  const alice = await device.login('alice');
  await alice.client.close();
  await assert.rejects(alice.client.ping([bob.id]), refusal(4105, 'SESSION_REQUIRED'));
  assert.deepEqual(await bob.client.ping([bob.id]), [bob.id]);
});

scenario('W27 ping names those who are online among the first 20', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  assert.deepEqual(await alice.client.ping([stage.id('nobody'), bob.id]), [bob.id]);
  assert.deepEqual(await alice.client.ping([stage.id('nobody')]), []);

  const absent = (count) => Array.from({ length: count }, (_, index) => stage.id(`absent${index}`));
  assert.deepEqual(await alice.client.ping([...absent(19), bob.id]), [bob.id]);
  assert.deepEqual(await alice.client.ping([...absent(20), bob.id]), []);
});

scenario('W31 a refresh answers with a token and its lifetime', async (stage) => {
  const alice = await stage.login('alice');
  const { SessionCommand } = alice.sdk.Protocols;
  const st = await alice.client._sessionManager.getSessionToken();
  const { sessionMessage } = await alice.command({
    cmd: 'session',
    op: 'refresh',
    sessionMessage: new SessionCommand({ st }),
  });
  assert.ok(sessionMessage.st);
  assert.ok(sessionMessage.stTtl > 300);
});

scenario('W36 one client on two devices is online on both', async (stage) => {
  const [phone, desk, bob] = await stage.logins('alice', 'alice', 'bob');
  const conversation = await bob.client.createConversation({ members: [phone.id] });
  const logs = [phone.messages, desk.messages];
  const { id } = await conversation.send(bob.text('to both'));
  for (const log of logs) await log.first((message) => message.id === id);
  await phone.client.close();
  assert.deepEqual(await bob.client.ping([desk.id]), [desk.id]);
});
