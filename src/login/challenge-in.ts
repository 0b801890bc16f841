import { InsufficientScopeError, SdkErrorCode, SdkHttpError, SseError } from '@modelcontextprotocol/client';
import { type Challenge, LoginNeeded } from './login-needed.ts';

/** The login that an error, or a cause of it, asks for; undefined when a login would not help. */
export function challengeIn(error: unknown): Challenge | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof LoginNeeded) return each.challenge;
    if (each instanceof InsufficientScopeError) {
      const { requiredScope: scope, resourceMetadataUrl } = each;
      return { stepUp: true, ...(scope && { scope }), ...(resourceMetadataUrl && { resourceMetadataUrl }) };
    }
    // A token that was refused right after it had been renewed.
    if (each instanceof SdkHttpError && each.code === SdkErrorCode.ClientHttpAuthentication) return {};
  }
  return undefined;
}

/** Whether an error says that there is no stream of server-sent events at all. */
export function isRefusedStream(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) if (each instanceof SseError) return true;
  return false;
}
