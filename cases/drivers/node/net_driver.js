// A driver for Node's net.
'use strict';

const {spawn} = require('child_process');
const {once} = require('events');
const net = require('net');
const {Handles, serve} = require('./protocol');

const sockets = new Handles();
const servers = new Handles();

// An error may come at any time: whoever asks next is told.
function keep(handle, socket) {
  socket.on('error', (error) => { socket.failure = error; });
  sockets.set(handle, socket);
}

function told(socket) {
  if (socket.failure) throw socket.failure;
}

const closed = (socket) => new Promise((resolve, reject) => {
  if (socket.closed) return resolve();
  socket.once('error', reject).once('close', resolve);
});

const any = (socket, events) => new Promise((resolve) => {
  const done = () => { events.forEach((event) => socket.off(event, done)); resolve(); };
  events.forEach((event) => socket.on(event, done));
});

serve({
  hello: async () => 'ok node-net abort concurrent',
  quit: async () => 'ok',
  async connect(handle, host, port) {
    const socket = net.connect({host, port: Number(port)});
    await once(socket, 'connect');
    keep(handle, socket);
  },
  send: (handle, data) => new Promise((resolve, reject) => {
    sockets.get(handle).write(Buffer.from(data, 'hex'), (error) => (error ? reject(error) : resolve()));
  }),
  async recv(handle, most) {
    const socket = sockets.get(handle);
    for (;;) {
      const data = socket.read(Math.min(Number(most), socket.readableLength) || undefined);
      if (data) return 'ok ' + data.toString('hex');
      told(socket);
      if (socket.readableEnded) return 'eof';
      if (socket.destroyed) throw Object.assign(new Error('destroyed'), {code: 'ERR_STREAM_DESTROYED'});
      await any(socket, ['readable', 'end', 'error', 'close']);
    }
  },
  finish: (handle) => new Promise((resolve, reject) => {
    sockets.get(handle).end((error) => (error ? reject(error) : resolve()));
  }),
  close: async (handle) => closed(sockets.take(handle).destroy()),
  abort: async (handle) => closed(sockets.take(handle).resetAndDestroy()),
  async listen(handle, host, port) {
    const server = net.createServer({pauseOnConnect: true});
    server.waiting = [];
    server.on('connection', (socket) => {
      server.waiting.push(socket);
      server.emit('waiting');
    });
    server.listen({host, port: Number(port)});
    await once(server, 'listening');
    servers.set(handle, server);
    return `ok ${server.address().port}`;
  },
  async accept(listener, handle) {
    const server = servers.get(listener);
    while (server.waiting.length === 0) await once(server, 'waiting');
    keep(handle, server.waiting.shift());
  },
  stop: (handle) => new Promise((resolve, reject) => {
    servers.take(handle).close((error) => (error ? reject(error) : resolve()));
  }),
  async spawn(program, ...words) {
    const child = spawn(program, words, {stdio: 'inherit'});
    await once(child, 'spawn');
    return `ok ${child.pid}`;
  },
});
