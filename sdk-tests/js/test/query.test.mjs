// Finding conversations: by members, by columns, in order, in pages, with last messages.

import assert from 'node:assert/strict';

import { refusal, scenario, startConversation } from '../support/stage.mjs';

/** The names of what was found. */
const names = (found) => found.map(({ name }) => name);

scenario("C26 a query without conditions finds one's own, latest message first", async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const [first, second, third] = [
    await startConversation(alice, [bob], { name: 'first' }),
    await startConversation(alice, [bob], { name: 'second' }),
    await startConversation(alice, [bob], { name: 'third' }),
  ];
  await startConversation(alice, [], { name: "not bob's" });
  await second.send(alice.text('two'));
  await first.send(alice.text('one'));
  assert.deepEqual(names(await bob.client.getQuery().find()), ['first', 'second', 'third']);
  await third.send(alice.text('three'));
  assert.deepEqual(names(await bob.client.getQuery().find()), ['third', 'first', 'second']);
});

scenario('C26 a query without conditions finds ten', async (stage) => {
  const alice = await stage.login('alice');
  await Promise.all(Array.from({ length: 12 }, () => startConversation(alice, [])));
  assert.equal((await alice.client.getQuery().find()).length, 10);
  assert.equal((await alice.client.getQuery().limit(12).find()).length, 12);
});

/** Six conversations that differ in every kind of column; queries are limited to them by `run`. */
async function library(stage) {
  const alice = await stage.login('alice');
  const rows = [
    { name: 'apple', pages: 1, tags: ['red', 'round'], attr: { kind: 'fruit' }, opened: new Date(1_000_000) },
    { name: 'banana', pages: 2, tags: ['yellow'], attr: { kind: 'fruit' }, opened: new Date(2_000_000) },
    { name: 'Carrot', pages: 3, tags: ['red'], attr: { kind: 'root' } },
    { name: 'a.*b', pages: 4, fresh: true },
    { name: 'axxb', pages: 5, fresh: false },
    { name: 'back\\Eslash', pages: 6.5 },
  ];
  await Promise.all(rows.map((row) => startConversation(alice, [stage.id(row.name.length > 5 ? 'bob' : 'carol')], row)));
  const query = () => alice.client.getQuery().equalTo('m', alice.id).ascending('pages').limit(100);
  return { alice, query, find: async (narrow) => names(await narrow(query()).find()) };
}

scenario('C27 every comparison selects what it says', async (stage) => {
  const { find } = await library(stage);
  const all = ['apple', 'banana', 'Carrot', 'a.*b', 'axxb', 'back\\Eslash'];
  const cases = [
    [(q) => q.equalTo('pages', 2), ['banana']],
    [(q) => q.equalTo('name', 'Carrot'), ['Carrot']],
    [(q) => q.equalTo('fresh', true), ['a.*b']],
    [(q) => q.equalTo('attr.kind', 'fruit'), ['apple', 'banana']],
    [(q) => q.equalTo('tags', 'red'), ['apple', 'Carrot']],
    [(q) => q.notEqualTo('pages', 2), all.filter((name) => name !== 'banana')],
    [(q) => q.notEqualTo('tags', 'red'), all.filter((name) => !['apple', 'Carrot'].includes(name))],
    [(q) => q.lessThan('pages', 2), ['apple']],
    [(q) => q.lessThanOrEqualTo('pages', 2), ['apple', 'banana']],
    [(q) => q.greaterThan('pages', 5), ['back\\Eslash']],
    [(q) => q.greaterThanOrEqualTo('pages', 5), ['axxb', 'back\\Eslash']],
    [(q) => q.greaterThan('pages', 1).lessThan('pages', 4), ['banana', 'Carrot']],
    [(q) => q.lessThan('opened', new Date(1_500_000)), ['apple']],
    [(q) => q.greaterThan('opened', new Date(1_500_000)), ['banana']],
    [(q) => q.equalTo('opened', new Date(2_000_000)), ['banana']],
    [(q) => q.exists('fresh'), ['a.*b', 'axxb']],
    [(q) => q.doesNotExist('tags'), ['a.*b', 'axxb', 'back\\Eslash']],
    [(q) => q.containedIn('pages', [1, 3, 99]), ['apple', 'Carrot']],
    [(q) => q.notContainsIn('pages', [1, 2, 3, 4]), ['axxb', 'back\\Eslash']],
    [(q) => q.containsAll('tags', ['red', 'round']), ['apple']],
    [(q) => q.sizeEqualTo('tags', 1), ['banana', 'Carrot']],
    [(q) => q.greaterThan('createdAt', new Date(Date.now() + 3_600_000)), []],
    [(q) => q.lessThan('createdAt', new Date(Date.now() + 3_600_000)), all],
    [(q) => q.greaterThan('updatedAt', new Date(0)), all],
  ];
  for (const [narrow, expected] of cases) assert.deepEqual(await find(narrow), expected, narrow.toString());
});

scenario('C27 text conditions take their value literally', async (stage) => {
  const { find } = await library(stage);
  const cases = [
    [(q) => q.contains('name', '.*'), ['a.*b']],
    [(q) => q.contains('name', 'an'), ['banana']],
    [(q) => q.startsWith('name', 'a'), ['apple', 'a.*b', 'axxb']],
    [(q) => q.startsWith('name', 'a.'), ['a.*b']],
    [(q) => q.endsWith('name', 'b'), ['a.*b', 'axxb']],
    [(q) => q.endsWith('name', '*b'), ['a.*b']],
    [(q) => q.contains('name', '\\Es'), ['back\\Eslash']],
    [(q) => q.matches('name', /^a.*b$/), ['a.*b', 'axxb']],
    [(q) => q.matches('name', /^carrot$/i), ['Carrot']],
    [(q) => q.matches('name', /^carrot$/), []],
    [(q) => q.matches('name', /^(?!a).*a/), ['banana', 'Carrot', 'back\\Eslash']],
  ];
  for (const [narrow, expected] of cases) assert.deepEqual(await find(narrow), expected, narrow.toString());
});

scenario('C27 members are found as a part and as a whole', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const [carol, dave] = [stage.id('carol'), stage.id('dave')];
  await startConversation(alice, [bob, carol], { name: 'three' });
  await startConversation(alice, [bob], { name: 'two' });
  await startConversation(alice, [bob, carol, dave], { name: 'four' });
  const query = () => alice.client.getQuery().ascending('name');

  const part = await query().containsMembers([bob.id, carol]).find();
  assert.deepEqual(names(part), ['four', 'three']);
  const whole = await query().withMembers([bob.id, carol], true).find();
  assert.deepEqual(names(whole), ['three']);
  assert.deepEqual(names(await query().withMembers([alice.id, bob.id]).find()), ['two']);
  assert.deepEqual(names(await query().equalTo('m', dave).find()), ['four']);
});

scenario('C28 queries combine with and, and with or', async (stage) => {
  const { alice, find, query } = await library(stage);
  const { ConversationQuery } = alice.sdk;
  const fruit = query().equalTo('attr.kind', 'fruit');
  const short = query().lessThan('pages', 2);
  const root = query().equalTo('attr.kind', 'root');
  const both = ConversationQuery.and(fruit, short).ascending('pages');
  const either = ConversationQuery.or(short, root).ascending('pages');
  assert.deepEqual(names(await both.find()), ['apple']);
  assert.deepEqual(names(await either.find()), ['apple', 'Carrot']);
  assert.deepEqual(await find((q) => q.equalTo('attr.kind', 'fruit').greaterThan('pages', 1)), ['banana']);
});

scenario('order, skip and limit page through what was found', async (stage) => {
  const { query } = await library(stage);
  assert.deepEqual(names(await query().limit(2).find()), ['apple', 'banana']);
  assert.deepEqual(names(await query().skip(2).limit(2).find()), ['Carrot', 'a.*b']);
  assert.deepEqual(names(await query().descending('pages').limit(1).find()), ['back\\Eslash']);
  assert.deepEqual(await query().limit(0).find(), []);
  assert.deepEqual(await query().skip(100).find(), []);
  const grouped = await query().exists('attr').descending('attr.kind').addDescending('pages').find();
  assert.deepEqual(names(grouped), ['Carrot', 'banana', 'apple']);
});

scenario('C29 compact leaves the members out, last messages come when asked for', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const conversation = await startConversation(alice, [bob]);
  await conversation.send(alice.text('earlier'));
  const sent = await conversation.send(alice.text('last'));
  const find = async (narrow) => {
    const carol = await stage.login('carol');
    const [found] = await narrow(carol.client.getQuery().equalTo('objectId', conversation.id)).find();
    return found;
  };

  const plain = await find((q) => q);
  assert.equal(plain.members.length, 2);
  assert.equal(plain.lastMessage, undefined);
  assert.deepEqual(plain.lastMessageAt, sent.timestamp);

  const compact = await find((q) => q.compact());
  assert.equal(compact.members.length, 0);

  const { lastMessage, members } = await find((q) => q.withLastMessagesRefreshed());
  assert.equal(members.length, 2);
  assert.equal(lastMessage.text, 'last');
  assert.equal(lastMessage.from, alice.id);
  assert.equal(lastMessage.id, sent.id);
  assert.deepEqual(lastMessage.timestamp, sent.timestamp);
  assert.deepEqual(lastMessage.updatedAt, sent.timestamp);

  const both = await find((q) => q.compact().withLastMessagesRefreshed());
  assert.equal(both.members.length, 0);
  assert.equal(both.lastMessage.id, sent.id);
});

scenario('C30 an unknown id is an empty result', async (stage) => {
  const alice = await stage.login('alice');
  assert.equal(await alice.client.getConversation('555555555555555555555555'), null);
  assert.equal(await alice.client.getConversation('not an id'), null);
});

scenario('C30 many ids are fetched at once', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const started = await Promise.all(Array.from({ length: 60 }, () => startConversation(alice, [])));
  const ids = started.map(({ id }) => id);
  const found = await bob.client.getConversations([...ids, '555555555555555555555555']);
  assert.deepEqual(found.map((conversation) => conversation?.id), [...ids, undefined]);
});

scenario('C31 a last message of bytes arrives as bytes', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const conversation = await startConversation(alice, []);
  await conversation.send(new alice.sdk.BinaryMessage(Uint8Array.of(0, 255, 3).buffer));
  const [found] = await bob.client
    .getQuery()
    .equalTo('objectId', conversation.id)
    .withLastMessagesRefreshed()
    .find();
  assert.ok(found.lastMessage instanceof bob.sdk.BinaryMessage);
  assert.deepEqual([...new Uint8Array(found.lastMessage.buffer)], [0, 255, 3]);
});

scenario('4310 a condition that does not exist is refused and the session goes on', async (stage) => {
  const alice = await stage.login('alice');
  const query = alice.client.getQuery();
  query._addCondition('name', '$frobnicate', 1);
  await assert.rejects(query.find(), refusal(4310, 'CONVERSATION_QUERY_FAILED'));
  const wild = alice.client.getQuery().matches('name', /^x/);
  wild._where.name.$regex = '(';
  await assert.rejects(wild.find(), refusal(4310, 'CONVERSATION_QUERY_FAILED'));
  assert.deepEqual(await alice.client.getQuery().find(), []);
});
