import { clip, GatewayError } from '../../../core/errors.ts';
import { healthOf, healthResponse } from '../health.ts';
import { json, type Route, route } from './route.ts';
import { health, idParam, server, servers } from './schemas.ts';

const EXAMPLE = {
  id: 'github',
  type: 'remote',
  tags: ['code'],
  status: 'ready',
  available: true,
  tools: 41,
};

/** The gateway and its servers, as they stand. */
export const SERVER_ROUTES: readonly Route[] = [
  route({
    method: 'get',
    path: '/health',
    operationId: 'getHealth',
    tag: 'about',
    summary: 'Whether anything can be called',
    answers: {
      200: { description: 'At least one server can.', content: json(health, { status: 'ok' }) },
      503: {
        description: 'None can.',
        content: json(health, { status: 'unavailable', reasons: ['github needs login'] }),
      },
    },
    codes: [],
    run: ({ parts }) => healthResponse(healthOf(parts.servers())),
  }),
  route({
    method: 'get',
    path: '/servers',
    operationId: 'listServers',
    tag: 'servers',
    summary: 'All configured servers',
    answers: {
      200: { description: 'In the order of the configuration.', content: json(servers, { servers: [EXAMPLE] }) },
    },
    codes: [],
    run: ({ http, parts }) => http.json({ servers: parts.servers() }),
  }),
  route({
    method: 'get',
    path: '/servers/{id}',
    operationId: 'getServer',
    tag: 'servers',
    summary: 'One server',
    params: idParam,
    answers: { 200: { description: 'The server.', content: json(server, EXAMPLE) } },
    codes: ['SERVER_NOT_FOUND'],
    run: ({ params, http, parts }) => {
      const found = parts.servers().find(({ id }) => id === params.id);
      if (found) return http.json(found);
      throw new GatewayError('SERVER_NOT_FOUND', `no server "${clip(params.id, 120)}" is configured`);
    },
  }),
];
