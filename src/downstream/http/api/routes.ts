import type { GatewaySettings } from '../../../config/settings.ts';
import { JOB_ROUTES } from './job-routes.ts';
import { MONITOR_ROUTES } from './monitor-routes.ts';
import { type Route, route } from './route.ts';
import { SERVER_ROUTES } from './server-routes.ts';
import { TOOL_ROUTES } from './tool-routes.ts';

type Strategy = NonNullable<GatewaySettings['auth']>['strategy'];

/** By how callers say who they are. */
const documents = new Map<Strategy, Promise<object>>();

/** The REST API: one row for each operation, from which both the router and its OpenAPI document are made. */
export const ROUTES: readonly Route[] = [
  ...SERVER_ROUTES,
  ...TOOL_ROUTES,
  ...JOB_ROUTES,
  ...MONITOR_ROUTES,
  route({
    method: 'get',
    path: '/openapi.json',
    operationId: 'describeApi',
    tag: 'about',
    summary: 'This document',
    answers: { 200: { description: 'The OpenAPI 3.1 document.', content: { 'application/json': {} } } },
    codes: [],
    run: async ({ http, parts }) => {
      const { strategy } = parts.settings().auth ?? { strategy: 'none' as const };
      // Made when somebody asks, once.
      const document = documents.get(strategy) ?? import('./open-api.ts').then((own) => own.openApi(ROUTES, strategy));
      documents.set(strategy, document);
      return http.json(await document);
    },
  }),
];
