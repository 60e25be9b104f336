# PEERNET_VERIFY_HEADERS: compiles each of our headers alone, so that no header leans on what another file
# included before it. One target, verify_headers, part of the default build; nothing of it is linked.
file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}
     runtime/*.hpp transports/*.hpp actors/*.hpp tools/*.hpp)
foreach(header IN LISTS headers)
  set(source ${PROJECT_BINARY_DIR}/verify_headers/${header}.cpp)
  # Twice: the second time shows that the include guard works.
  file(CONFIGURE OUTPUT ${source} CONTENT "#include \"@header@\"\n#include \"@header@\"\n" @ONLY)
  list(APPEND sources ${source})
endforeach()
add_library(verify_headers OBJECT ${sources})
target_link_libraries(verify_headers PRIVATE peernet::actors fmt::fmt opencv_core opencv_videoio)
set_target_properties(verify_headers PROPERTIES EXCLUDE_FROM_ALL OFF CXX_CLANG_TIDY "")
