{
  "targets": [
    {
      "target_name": "forwarding_plane",
      "sources": ["addon.cc", "javascript-values.cc", "plane.cc", "listener.cc", "worker.cc", "connection.cc", "relay.cc", "ue-reader.cc", "ue-writer.cc", "anchor-sockets.cc", "anchor-socket.cc"],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=8", "NAPI_DISABLE_CPP_EXCEPTIONS", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
      "cflags_cc!": ["-fno-exceptions"],
      "cflags_cc": ["-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"],
      "ldflags": ["-pthread"]
    }
  ]
}
