import * as sdk from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import * as protocol from '../../../src/core/protocol.ts';
import * as rpc from '../../../src/core/rpc.ts';

test('names and numbers of the protocol are those of the SDK [eras.negotiation]', () => {
  expect(protocol.HANDSHAKE_VERSIONS).toEqual(sdk.SUPPORTED_PROTOCOL_VERSIONS);
  expect(protocol.LATEST_HANDSHAKE_VERSION).toBe(sdk.LATEST_PROTOCOL_VERSION);
  expect(protocol.PROTOCOL_VERSION_META_KEY).toBe(sdk.PROTOCOL_VERSION_META_KEY);
  expect(protocol.CLIENT_INFO_META_KEY).toBe(sdk.CLIENT_INFO_META_KEY);
  expect(protocol.CLIENT_CAPABILITIES_META_KEY).toBe(sdk.CLIENT_CAPABILITIES_META_KEY);
  expect(protocol.LOG_LEVEL_META_KEY).toBe(sdk.LOG_LEVEL_META_KEY);
  expect(protocol.SERVER_INFO_META_KEY).toBe(sdk.SERVER_INFO_META_KEY);
  expect(rpc.URL_ELICITATION_REQUIRED).toBe(sdk.ProtocolErrorCode.UrlElicitationRequired);
  expect(rpc.METHOD_NOT_FOUND).toBe(sdk.ProtocolErrorCode.MethodNotFound);
  expect(rpc.INVALID_PARAMS).toBe(sdk.ProtocolErrorCode.InvalidParams);
  expect(rpc.INTERNAL_ERROR).toBe(sdk.ProtocolErrorCode.InternalError);
  expect(rpc.UNSUPPORTED_PROTOCOL_VERSION).toBe(sdk.ProtocolErrorCode.UnsupportedProtocolVersion);
});
