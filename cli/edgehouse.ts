#!/usr/bin/env node
import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { runCli } from './run-cli.ts';

// `edgehouse … | head` closes our output early: that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await runCli(process.argv.slice(2), process.env, {
  stdin: process.stdin,
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  interrupted: () => {
    const interrupt = new AbortController();
    process.once('SIGINT', () => interrupt.abort());
    return interrupt.signal;
  },
  randomBytes,
  fetch,
  now: Date.now,
  random: Math.random,
  wait: (milliseconds) => setTimeout(milliseconds),
});
