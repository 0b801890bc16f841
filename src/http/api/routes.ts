import { JOB_ROUTES } from './job-routes.ts';
import { MONITOR_ROUTES } from './monitor-routes.ts';
import { type Route, route } from './route.ts';
import { SERVER_ROUTES } from './server-routes.ts';
import { TOOL_ROUTES } from './tool-routes.ts';

let document: Promise<object> | undefined;

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
    run: async ({ http }) => {
      // Made when somebody asks, once.
      document ??= import('./open-api.ts').then(({ openApi }) => openApi(ROUTES));
      return http.json(await document);
    },
  }),
];
