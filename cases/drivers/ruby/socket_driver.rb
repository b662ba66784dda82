# A driver for Ruby's socket.
require "socket"
require_relative "protocol"

sockets = {}

linger = ->(socket, seconds) { socket.setsockopt(Socket::Option.linger(true, seconds)) }
taken = lambda do |handle|
  sockets.fetch(handle)
  sockets.delete(handle)
end

abort_one = lambda do |handle|
  socket = taken.call(handle)
  begin
    linger.call(socket, 0)
  ensure
    socket.close
  end
end

Protocol.serve({
  "hello" => ->(_version) { "ok ruby-socket abort concurrent" },
  "quit" => -> { "ok" },
  "connect" => ->(handle, host, port) { sockets[handle] = TCPSocket.new(host, port.to_i) },
  "send" => ->(handle, data) { sockets.fetch(handle).write([data].pack("H*")) },
  "recv" => ->(handle, most) { "ok " + sockets.fetch(handle).readpartial(most.to_i).unpack1("H*") },
  "finish" => ->(handle) { sockets.fetch(handle).close_write },
  "shutdown-receive" => ->(handle) { sockets.fetch(handle).close_read },
  "shutdown-both" => ->(handle) { sockets.fetch(handle).shutdown(:RDWR) },
  "set-linger" => ->(handle, seconds) { linger.call(sockets.fetch(handle), seconds.to_i) },
  "close" => ->(handle) { taken.call(handle).close },
  "abort" => abort_one,
  "listen" => lambda do |handle, host, port|
    sockets[handle] = TCPServer.new(host, port.to_i)
    "ok #{sockets[handle].local_address.ip_port}"
  end,
  "accept" => ->(listener, handle) { sockets[handle] = sockets.fetch(listener).accept },
  "stop" => ->(handle) { taken.call(handle).close },
  "spawn" => ->(*words) { "ok #{Process.spawn(*words)}" },
})
