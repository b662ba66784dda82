// The driver protocol over standard input and output, for verbs that answer by promises (PORTING.md).
'use strict';

const readline = require('readline');

// Node's own errors, which carry no errno.
const NEAREST = {
  ERR_STREAM_WRITE_AFTER_END: 'EPIPE',
  ERR_STREAM_DESTROYED: 'EPIPE',
  ERR_SOCKET_CLOSED: 'EBADF',
  ERR_SERVER_NOT_RUNNING: 'EBADF',
};

// Things by their handles.
class Handles extends Map {
  get(handle) {
    if (!this.has(handle)) throw Object.assign(new Error('no such handle'), {code: 'EBADF'});
    return super.get(handle);
  }
  take(handle) {
    const thing = this.get(handle);
    this.delete(handle);
    return thing;
  }
}

async function answer(verbs, tag, verb, args) {
  let reply = 'unimplemented';
  try {
    if (Object.hasOwn(verbs, verb)) reply = (await verbs[verb](...args)) || 'ok';
  } catch (error) {
    const code = NEAREST[error.code] || error.code || '';
    reply = 'error ' + (/^E[A-Z0-9]+$/.test(code) ? code : 'EIO');
  }
  process.stdout.write(`${tag} ${reply}\n`, () => {
    if (verb === 'quit') process.exit(0);
  });
}

function serve(verbs) {
  readline.createInterface({input: process.stdin}).on('line', (line) => {
    const [tag, verb, ...args] = line.split(' ');
    answer(verbs, tag, verb, args);
  });
}

module.exports = {Handles, serve};
