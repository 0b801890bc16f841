import type { Progress } from '../../core/call.ts';

/** Silence after which a sign of life is sent, in ms: below OpenCode's 60 s and Claude Code's idle timers with room. */
const SILENCE_MS = 12_000;
/** Progress must grow: a sign of life grows it by so little that the server's own next value is still larger. */
const STEP = 1e-9;

/**
 * Passes progress on and, while the server is silent, sends a sign of life of its own, so that a client that gave a
 * progress token keeps waiting. `stop` ends it.
 */
export function withHeartbeat(send: (progress: Progress) => void, silenceMs = SILENCE_MS) {
  let last: Progress = { progress: 0 };
  const beat = () => {
    last = { ...last, progress: last.progress + Math.max(STEP, Math.abs(last.progress) * STEP) };
    send(last);
    timer.refresh();
  };
  const timer = setTimeout(beat, silenceMs).unref();
  return {
    onProgress: (progress: Progress) => {
      last = progress;
      timer.refresh();
      send(progress);
    },
    stop: () => clearTimeout(timer),
  };
}
