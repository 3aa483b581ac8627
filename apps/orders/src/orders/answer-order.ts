import type { ServerResponse } from 'node:http';
import { HttpStatus } from '@nestjs/common';
import { type OrderResponse, orderResponse } from './order.response.js';
import type { OrderView } from './order.schemas.js';

/** Answers a request that placed an order: 201 when it is closed, 202 while it goes on or is stuck, with where to find it. */
export function answerOrder(response: ServerResponse, orderId: string, order: OrderView | undefined): OrderResponse {
  response.statusCode = order?.status === 'closed' ? HttpStatus.CREATED : HttpStatus.ACCEPTED;
  response.setHeader('location', `/orders/${orderId}`);
  return orderResponse(orderId, order);
}
