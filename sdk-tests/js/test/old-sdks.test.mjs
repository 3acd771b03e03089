// The SDKs that apps shipped with over the years, unmodified and as those apps set them up: by
// nothing but the keys, with the hosts that are built in.

import assert from 'node:assert/strict';

import '../support/hosts.mjs';
import '../support/timers.mjs';
import { next } from '../support/events.mjs';
import { fence, scenario, startConversation } from '../support/stage.mjs';

const SHIPPED = { server: undefined, ssl: true };
const PROTOCOLS = [
  { sdk: 'leancloud-realtime-4', protocol: 'lc.protobuf2.3' },
  { sdk: 'leancloud-realtime-4', noBinary: true, protocol: 'lc.proto2base64.3' },
  { sdk: 'leancloud-realtime-4', pushOfflineMessages: true, protocol: 'lc.protobuf2.1' },
  { sdk: 'leancloud-realtime-3', protocol: 'lc.protobuf2.3' },
  { sdk: 'leancloud-realtime-3', noBinary: true, protocol: 'lc.proto2base64.3' },
  { sdk: 'leancloud-realtime-3', pushOfflineMessages: true, protocol: 'lc.protobuf2.1' },
  { sdk: 'leancloud-realtime-3.4', protocol: 'lc.protobuf.3' },
  { sdk: 'leancloud-realtime-3.4', noBinary: true, protocol: 'lc.protobase64.3' },
  { sdk: 'leancloud-realtime-3.4', pushOfflineMessages: true, protocol: 'lc.protobuf.1' },
];

for (const { protocol, ...options } of PROTOCOLS) {
  const old = { ...SHIPPED, ...options };
  const label = `${options.sdk} over ${protocol}`;
  const login = async (stage, name) => {
    const device = await stage.login(name, old);
    assert.equal(device.device.socket.protocol, protocol);
    return device;
  };

  scenario(`${label}: two clients talk and read what they said`, async (stage) => {
    const alice = await login(stage, 'alice');
    const bob = await login(stage, 'bob');
    const { messages } = bob;
    const conversation = await startConversation(alice, [bob], { name: '茶' });
    const sent = await conversation.send(alice.text('grüße 😀'));
    const [received, theirs] = await messages.first(({ id }) => id === sent.id);
    assert.equal(received.text, 'grüße 😀');
    assert.equal(received.from, alice.id);
    assert.equal(theirs.name, '茶');
    await theirs.send(bob.text('您好'));
    const history = await conversation.queryMessages({ limit: 10 });
    assert.deepEqual(history.map(({ text }) => text), ['grüße 😀', '您好']);
    const page = await conversation.queryMessages({ beforeTime: history[1].timestamp, limit: 10 });
    assert.deepEqual(page.map(({ text }) => text), ['grüße 😀']);
    assert.deepEqual(await alice.client.ping([bob.id, 'nobody']), [bob.id]);
  });

  scenario(`${label}: an old client and a present one talk to each other`, async (stage) => {
    const alice = await login(stage, 'alice');
    const bob = await stage.login('bob');
    const [toAlice, toBob] = [alice.messages, bob.messages];
    const conversation = await startConversation(bob, [alice], { name: 'both' });
    const sent = await conversation.send(bob.text('from the present'));
    const [received, theirs] = await toAlice.first(({ id }) => id === sent.id);
    assert.equal(received.text, 'from the present');
    const answer = await theirs.send(alice.text('from the past'));
    assert.equal((await toBob.first(({ id }) => id === answer.id))[0].text, 'from the past');
    const members = bob.log('membersjoined');
    await theirs.add(['carol']);
    const [{ members: joined }] = await members.first((payload) => payload.members.includes('carol'));
    assert.deepEqual(joined, ['carol']);
    await fence(bob, conversation, alice);
  });

  scenario(`${label}: a broken socket reconnects`, async (stage) => {
    const alice = await login(stage, 'alice');
    const bob = await stage.login('bob');
    const conversation = await startConversation(bob, [alice]);
    await fence(bob, conversation, alice);
    const reconnected = next(alice.client, 'reconnect');
    alice.device.breakSocket();
    await reconnected;
    assert.equal(alice.device.socket.protocol, protocol);
    assert.deepEqual(await bob.client.ping([alice.id]), [alice.id]);
    await fence(bob, conversation, alice);
  });
}

for (const { protocol, ...options } of PROTOCOLS.filter(({ pushOfflineMessages }) => pushOfflineMessages)) {
  scenario(`C73 ${options.sdk} over ${protocol} is pushed what it missed, batch by batch`, async (stage) => {
    const alice = await stage.login('alice');
    const conversation = await startConversation(alice, [stage.id('bob')]);
    const sent = [];
    for (let count = 0; count < 45; count += 1) sent.push(await conversation.send(alice.text(String(count))));

    const bob = await stage.login('bob', { ...SHIPPED, ...options });
    const { messages } = bob;
    // The SDK confirms what it has received, and the next batch follows.
    await messages.atLeast(sent.length);
    await fence(alice, conversation, bob);
    const ids = messages.entries.map(([{ id }]) => id);
    assert.equal(ids.length, sent.length + 1, 'each once');
    // While the SDK still looks the conversation up, a message can overtake another inside it.
    assert.deepEqual(new Set(ids.slice(0, -1)), new Set(sent.map(({ id }) => id)));
  });
}

scenario('W52 the first schema is spared what it has no words for', async (stage) => {
  const alice = await stage.login('alice', { ...SHIPPED, sdk: 'leancloud-realtime-3.4' });
  const bob = await stage.login('bob');
  const unhandled = alice.log('unhandledmessage');
  const conversation = await startConversation(bob, [alice]);
  const sent = await conversation.send(bob.text('first'));
  await conversation.update(sent, bob.text('second'));
  await conversation.recall(await conversation.send(bob.text('gone')));
  await fence(bob, conversation, alice);
  assert.deepEqual(unhandled.entries, []);
  const theirs = await alice.client.getConversation(conversation.id);
  const history = await theirs.queryMessages({});
  // What was recalled is a message without text to it.
  assert.deepEqual(history.map(({ text }) => text), ['second', undefined, 'fence']);
});

scenario('leancloud-realtime-4 is pointed at a server by its host', async (stage) => {
  const server = new URL(process.env.SUITE_ENCRYPTED_SERVER).host;
  const alice = await stage.login('alice', { sdk: 'leancloud-realtime-4', server, ssl: true });
  assert.equal(alice.device.socket.url, `wss://${server}/`);
  assert.deepEqual(await alice.client.ping([alice.id]), [alice.id]);
});
