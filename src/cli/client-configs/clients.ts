import { claudeCode } from './claude-code.ts';
import { claudeDesktop } from './claude-desktop.ts';
import type { Client } from './client.ts';
import { codex } from './codex.ts';
import { cursor } from './cursor.ts';
import { geminiCli } from './gemini-cli.ts';
import { opencode } from './opencode.ts';
import { vsCode } from './vs-code.ts';
import { windsurf } from './windsurf.ts';

/** The clients whose files are known, in the order in which their servers get their keys. */
export const CLIENTS: readonly Client[] = [
  claudeCode,
  claudeDesktop,
  cursor,
  vsCode,
  opencode,
  codex,
  windsurf,
  geminiCli,
];
