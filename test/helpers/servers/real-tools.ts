import type { ToolDefinition } from '../../../src/core/tool.ts';

const text = { type: 'string' };
const object = (properties: object, required: string[] = [], rest: object = {}) => ({
  type: 'object',
  properties,
  required,
  ...rest,
});

/** Definitions as real servers write them: plain, pydantic, zod, OpenAPI and by hand. */
export const REAL_TOOLS: readonly ToolDefinition[] = [
  {
    name: 'read_text_file',
    title: 'Read Text File',
    description:
      'Read the complete contents of a file from the file system as text. Handles various text encodings and provides detailed error messages if the file cannot be read. Use this tool when you need to examine the contents of a single file. Only works within allowed directories.',
    inputSchema: object(
      {
        tail: { type: 'number', description: 'If provided, returns only the last N lines of the file' },
        head: { type: 'number' },
        path: text,
      },
      ['path'],
      { additionalProperties: false, $schema: 'http://json-schema.org/draft-07/schema#' },
    ),
  },
  {
    name: 'edit_file',
    description: 'Make line-based edits to a text file. Each edit replaces exact line sequences with new content.',
    inputSchema: object(
      {
        path: text,
        edits: { type: 'array', items: object({ oldText: text, newText: text }, ['oldText', 'newText']) },
        dryRun: { type: 'boolean', default: false },
      },
      ['path', 'edits'],
    ),
  },
  {
    name: 'create_issue',
    description: 'Create a new issue in a GitHub repository',
    inputSchema: object(
      {
        owner: text,
        repo: text,
        title: text,
        body: text,
        assignees: { type: 'array', items: text },
        milestone: { type: 'number' },
        labels: { type: 'array', items: text },
      },
      ['owner', 'repo', 'title'],
    ),
  },
  {
    name: 'list_pull_requests',
    description: 'List pull requests in a repository. If the user names an author, use search_pull_requests instead.',
    inputSchema: object(
      {
        owner: text,
        repo: text,
        state: { type: 'string', enum: ['open', 'closed', 'all'], default: 'open' },
        sort: { type: 'string', enum: ['created', 'updated', 'popularity', 'long-running'] },
        direction: { type: 'string', enum: ['asc', 'desc'] },
        perPage: { type: 'number', minimum: 1, maximum: 100, default: 30 },
        page: { type: 'number', minimum: 1 },
      },
      ['owner', 'repo'],
    ),
  },
  {
    name: 'search_nodes',
    description: 'Search for nodes in the knowledge graph based on a query',
    inputSchema: object({ query: { type: 'string', description: 'Matched against names and types' } }, ['query']),
  },
  { name: 'read_graph', description: 'Read the entire knowledge graph', inputSchema: object({}) },
  {
    name: 'query_orders',
    description: 'Query customer orders with filters.\n\nArgs:\n    filters: what to match\n    limit: how many',
    inputSchema: object(
      {
        filters: { $ref: '#/$defs/OrderFilters' },
        limit: { anyOf: [{ type: 'integer' }, { type: 'null' }], default: null, title: 'Limit' },
        order: { allOf: [{ $ref: '#/$defs/Order' }], default: 'asc' },
      },
      ['filters'],
      {
        $defs: {
          Order: { type: 'string', enum: ['asc', 'desc'] },
          OrderFilters: object(
            { customer: text, status: { type: ['string', 'null'] }, min_total: { type: 'number' } },
            ['customer'],
          ),
        },
      },
    ),
  },
  {
    name: 'kubectl_get',
    description: 'Get or list Kubernetes resources by resource type, name, and optionally namespace',
    inputSchema: object(
      {
        resourceType: { type: 'string' },
        name: text,
        namespace: { type: 'string', default: 'default' },
        output: { type: 'string', enum: ['json', 'yaml', 'wide', 'name', 'custom'], default: 'json' },
        allNamespaces: { type: 'boolean', default: false },
        labelSelector: text,
      },
      ['resourceType', 'name', 'namespace'],
    ),
  },
  {
    name: 'browser_click',
    title: 'Click',
    description: 'Perform click on a web page',
    inputSchema: object(
      {
        element: text,
        ref: text,
        doubleClick: { type: 'boolean' },
        button: { type: 'string', enum: ['left', 'right', 'middle'] },
        modifiers: { type: 'array', items: { type: 'string', enum: ['Alt', 'Control', 'Meta', 'Shift'] } },
      },
      ['element', 'ref'],
    ),
    annotations: { title: 'Click', destructiveHint: true },
  },
  {
    name: 'send_message',
    description: 'Send a message to a Slack channel or thread, with optional blocks and metadata.',
    inputSchema: object(
      {
        channel: text,
        text,
        thread_ts: { type: 'string', nullable: true },
        metadata: { type: 'object', additionalProperties: { type: 'string' } },
        kind: { const: 'message' },
      },
      ['channel', 'text'],
    ),
  },
  {
    name: 'create_tree',
    description: 'Creates a tree of folders, each of which may contain others.',
    inputSchema: object({ root: { $ref: '#/definitions/Folder' } }, ['root'], {
      definitions: {
        Folder: object({ name: text, children: { type: 'array', items: { $ref: '#/definitions/Folder' } } }, ['name']),
      },
    }),
  },
  {
    name: 'fetch',
    description: 'Fetches a URL from the internet and optionally extracts its contents as markdown.',
    inputSchema: object(
      {
        url: { type: 'string', format: 'uri', minLength: 1 },
        max_length: { type: 'integer', default: 5000, exclusiveMaximum: 1000000 },
        raw: { type: 'boolean', default: false },
      },
      ['url'],
      { title: 'Fetch' },
    ),
  },
];
